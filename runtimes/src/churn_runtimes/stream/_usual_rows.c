/* The usual row of the stream, from JSON to its numbers in one pass; row_reader.py says what becomes of any other.

   A row is usual where it is one flat JSON object in ASCII without escapes that has each feature once: a number or null
   where the feature is numeric, a known category otherwise. Whatever is not, right or wrong, is not read here, so nothing
   is refused here either. Every reading stops at the NUL behind the bytes of a Python object. */
#include <Python.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DIGITS 15 /* below 2^53, so digits and powers are exact, and their quotient is rounded once */

static const double POWERS[MOST_DIGITS + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                               1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

typedef struct {
    char *text; /* NULL: nothing is here */
    size_t length;
    float code;
} Word;

/* Texts with a number each; a power of two of places, never more than half of them taken. */
typedef struct {
    Word *places;
    uint32_t mask;
} Words;

typedef struct {
    PyObject_HEAD
    Py_ssize_t features;
    Py_ssize_t given; /* features that a row must have */
    Words names;      /* code: the feature's place */
    Words *words;     /* of each feature; no places: it is numeric */
    unsigned char *seen;
    float *row;
} UsualRows;

static uint32_t hash_of(const char *text, size_t length)
{
    uint64_t first = 0, last = 0;
    size_t part = length < 8 ? length : 8;
    memcpy(&first, text, part);
    memcpy(&last, text + length - part, part);
    uint64_t mixed = (first ^ (last * 0x9E3779B97F4A7C15u) ^ length) * 0xD6E8FEB86659FD93u;
    return (uint32_t)(mixed >> 32);
}

static const Word *find(const Words *words, const char *text, size_t length)
{
    for (uint32_t at = hash_of(text, length);; at++) {
        const Word *word = words->places + (at & words->mask);
        if (!word->text)
            return NULL;
        if (word->length == length && !memcmp(word->text, text, length))
            return word;
    }
}

static int make_words(Words *words, Py_ssize_t count)
{
    uint32_t places = 4;
    while (places < 2 * (size_t)count)
        places *= 2;
    words->places = calloc(places, sizeof *words->places);
    words->mask = places - 1;
    if (words->places)
        return 0;
    PyErr_NoMemory();
    return -1;
}

static int add_word(Words *words, PyObject *text, double code)
{
    char *bytes;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(text, &bytes, &length) < 0)
        return -1;
    char *copy = malloc((size_t)length + 1);
    if (!copy) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, bytes, (size_t)length + 1);
    uint32_t at = hash_of(copy, (size_t)length);
    while (words->places[at & words->mask].text)
        at++;
    words->places[at & words->mask] = (Word){copy, (size_t)length, (float)code};
    return 0;
}

static void free_words(Words *words)
{
    if (words->places)
        for (uint32_t at = 0; at <= words->mask; at++)
            free(words->places[at].text);
    free(words->places);
}

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')
        at++;
    return at;
}

/* `at` is behind the opening quote. The closing quote; NULL where the text is no plain one. */
static const char *text_end(const char *at)
{
    for (;; at++) {
        unsigned char one = (unsigned char)*at;
        if (one == '"')
            return at;
        if (one < 0x20 || one >= 0x80 || one == '\\')
            return NULL;
    }
}

static int is_digit(char one)
{
    return one >= '0' && one <= '9';
}

typedef struct {
    double value;
    int is_whole; /* digits alone, without a sign */
} Number;

/* Behind the number; NULL where it is none, or one that needs more care. */
static const char *read_number(const char *at, Number *number)
{
    int is_negative = *at == '-', digits = 0, power = 0;
    uint64_t whole = 0;
    number->is_whole = !is_negative;
    at += is_negative;
    if (!is_digit(*at) || (*at == '0' && is_digit(at[1])))
        return NULL;
    for (; is_digit(*at); at++) {
        if (++digits > MOST_DIGITS)
            return NULL;
        whole = 10 * whole + (uint64_t)(*at - '0');
    }
    if (*at == '.') {
        number->is_whole = 0;
        if (!is_digit(*++at))
            return NULL;
        for (; is_digit(*at); at++) {
            if (++digits > MOST_DIGITS)
                return NULL;
            whole = 10 * whole + (uint64_t)(*at - '0');
            power--;
        }
    }
    if (*at == 'e' || *at == 'E' || (is_negative && !whole))
        return NULL;
    double value = power < 0 ? (double)whole / POWERS[-power] : (double)whole;
    number->value = is_negative ? -value : value;
    return at;
}

static const char *read_word(const char *at, const char *word)
{
    size_t length = strlen(word);
    return strncmp(at, word, length) ? NULL : at + length;
}

/* Behind one value, whose number is put to `target`; NULL where it is no usual one. `words`: of a category, whose
   places are NULL for a number. Without a target the value belongs to no feature. */
static const char *read_value(const char *at, const Words *words, float *target)
{
    int is_category = words && words->places;
    const char *begin = at;
    const Word *word;
    if (*at == '"') {
        const char *end = text_end(++begin);
        if (!end)
            return NULL;
        if (target) {
            if (!is_category || !(word = find(words, begin, (size_t)(end - begin))))
                return NULL;
            *target = word->code;
        }
        return end + 1;
    }
    if (*at == '-' || is_digit(*at)) {
        Number number;
        if (!(at = read_number(at, &number)))
            return NULL;
        if (!target)
            return at;
        if (is_category) {
            /* A category that is a whole number has the same digits as a text. */
            if (!number.is_whole || !(word = find(words, begin, (size_t)(at - begin))))
                return NULL;
            *target = word->code;
        } else {
            *target = (float)number.value;
        }
        return at;
    }
    if (*at == 'n') {
        if (target && is_category)
            return NULL;
        return read_word(at, "null"); /* the row has NaN there already */
    }
    if (target)
        return NULL;
    return *at == 't' ? read_word(at, "true") : read_word(at, "false");
}

/* Behind one name and its value; NULL where they are not usual. */
static const char *read_pair(UsualRows *self, const char *at, Py_ssize_t *found)
{
    if (*at != '"')
        return NULL;
    const char *name = at + 1, *end = text_end(name);
    if (!end || *(at = skip_blanks(end + 1)) != ':')
        return NULL;
    const Word *feature = find(&self->names, name, (size_t)(end - name));
    const Words *words = NULL;
    float *target = NULL;
    if (feature) {
        size_t place = (size_t)feature->code;
        if (self->seen[place])
            return NULL;
        self->seen[place] = 1;
        (*found)++;
        words = self->words + place;
        target = self->row + place;
    }
    at = read_value(skip_blanks(at + 1), words, target);
    return at ? skip_blanks(at) : NULL;
}

static int read_row(UsualRows *self, const char *at, const char *end)
{
    Py_ssize_t found = 0;
    memset(self->seen, 0, (size_t)self->features);
    for (Py_ssize_t place = 0; place < self->features; place++)
        self->row[place] = NAN;
    at = skip_blanks(at);
    if (*at != '{')
        return 0;
    do {
        at = read_pair(self, skip_blanks(at + 1), &found);
    } while (at && *at == ',');
    return at && *at == '}' && skip_blanks(at + 1) == end && found == self->given;
}

static PyObject *usual_read(PyObject *object, PyObject *body)
{
    UsualRows *self = (UsualRows *)object;
    char *bytes;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(body, &bytes, &length) < 0)
        return NULL;
    if (!read_row(self, bytes, bytes + length))
        Py_RETURN_NONE;
    return PyBytes_FromStringAndSize((const char *)self->row, self->features * (Py_ssize_t)sizeof *self->row);
}

static int add_feature(UsualRows *self, Py_ssize_t place, PyObject *pair)
{
    PyObject *name, *codes, *word, *code;
    if (!PyArg_ParseTuple(pair, "OO", &name, &codes))
        return -1;
    if (name == Py_None)
        return 0;
    self->given++;
    if (add_word(&self->names, name, (double)place) < 0)
        return -1;
    if (codes == Py_None)
        return 0;
    if (!PyDict_Check(codes)) {
        PyErr_SetString(PyExc_TypeError, "codes are a dict");
        return -1;
    }
    if (make_words(self->words + place, PyDict_Size(codes)) < 0)
        return -1;
    for (Py_ssize_t at = 0; PyDict_Next(codes, &at, &word, &code);) {
        double value = PyFloat_AsDouble(code);
        if (PyErr_Occurred() || add_word(self->words + place, word, value) < 0)
            return -1;
    }
    return 0;
}

static PyObject *usual_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"features", NULL};
    PyObject *features;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!", names, &PyTuple_Type, &features))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    UsualRows *self = (UsualRows *)allocate(type, 0);
    if (!self)
        return NULL;
    size_t count = (size_t)PyTuple_Size(features);
    self->features = (Py_ssize_t)count;
    self->words = calloc(count + 1, sizeof *self->words);
    self->seen = calloc(count + 1, 1);
    self->row = calloc(count + 1, sizeof *self->row);
    int result = 0;
    if (!self->words || !self->seen || !self->row) {
        PyErr_NoMemory();
        result = -1;
    } else {
        result = make_words(&self->names, self->features);
    }
    for (Py_ssize_t place = 0; !result && place < self->features; place++)
        result = add_feature(self, place, PyTuple_GetItem(features, place));
    if (result < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void usual_dealloc(PyObject *object)
{
    UsualRows *self = (UsualRows *)object;
    free_words(&self->names);
    for (Py_ssize_t place = 0; self->words && place < self->features; place++)
        free_words(self->words + place);
    free(self->words);
    free(self->seen);
    free(self->row);
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"read", usual_read, METH_O, "The row's float32 numbers as bytes; None where it is no usual row."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, (void *)usual_new},
    {Py_tp_dealloc, (void *)usual_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "churn_runtimes.stream._usual_rows.UsualRows",
    .basicsize = sizeof(UsualRows),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = slots,
};

static int add_types(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&spec);
    const int result = type ? PyModule_AddObjectRef(module, "UsualRows", type) : -1;
    Py_XDECREF(type);
    return result;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, (void *)add_types}, {0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "_usual_rows", .m_doc = "See _usual_rows.c.", .m_slots = module_slots};

PyMODINIT_FUNC PyInit__usual_rows(void) { return PyModuleDef_Init(&module); }
