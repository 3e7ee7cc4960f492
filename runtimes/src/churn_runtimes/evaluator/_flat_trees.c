/* The type `Table` as Python sees it; table.h says what it is. */
#define _DEFAULT_SOURCE /* for madvise */

#include <stddef.h>

#include "blocks.h"
#include "build.h"
#include "shap.h"

#include <structmember.h>

static PyObject *table_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"columns", "nodes", "trees", "leaves", "sets", "set_words", "terms", "code_weights",
                            "members", "steps", "step_values", "weights", "features", "combine", "intercept", NULL};
    Py_buffer arrays[ARRAYS];
    Py_ssize_t features;
    int combine;
    double intercept;
    memset(arrays, 0, sizeof arrays);
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*y*y*y*y*y*y*y*y*y*y*y*nid", names, arrays, arrays + 1, arrays + 2,
                                     arrays + 3, arrays + 4, arrays + 5, arrays + 6, arrays + 7, arrays + 8,
                                     arrays + 9, arrays + 10, arrays + 11, &features, &combine, &intercept))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Table *table = (Table *)allocate(type, 0);
    int result = -1;
    if (table) {
        table->features = features;
        table->combine = combine;
        table->intercept = intercept;
        if (features < 1 || features > UINT32_MAX || combine < NO_COMBINE || combine > STACK)
            refuse("no features, or an unknown combine rule");
        else
            result = fill_table(table, arrays);
    }
    for (int i = 0; i < ARRAYS; i++)
        PyBuffer_Release(arrays + i);
    if (result < 0)
        Py_CLEAR(table);
    return (PyObject *)table;
}

static void table_dealloc(PyObject *self)
{
    Table *table = (Table *)self;
    void *owned[] = {table->columns, table->nodes,   table->leaves, table->sets, table->set_words,
                     table->trees,   table->starts,  table->levels, table->terms, table->code_weights,
                     table->members, table->weights, table->splits, table->tops, table->exits, table->steps,
                     table->step_values};
    free_workspace(&table->own);
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

/* The rows to score; NULL with an exception set when `object` is no C-contiguous float32 [rows, features]. */
static const float *get_rows(const Table *table, PyObject *object, npy_intp *count)
{
    PyArrayObject *matrix = (PyArrayObject *)object;
    if (!PyArray_Check(object) || PyArray_TYPE(matrix) != NPY_FLOAT32 || !PyArray_ISNOTSWAPPED(matrix)) {
        PyErr_SetString(PyExc_TypeError, "an array of float32 is expected");
        return NULL;
    }
    if (PyArray_NDIM(matrix) != 2 || PyArray_DIM(matrix, 1) != table->features || !PyArray_IS_C_CONTIGUOUS(matrix) ||
        !PyArray_ISALIGNED(matrix)) {
        PyErr_Format(PyExc_ValueError, "a C-contiguous matrix of %zd features a row is expected", table->features);
        return NULL;
    }
    *count = PyArray_DIM(matrix, 0);
    return PyArray_DATA(matrix);
}

/* Scores `count` rows into `scores` [count, members]. */
static void score_with(const Table *table, const Workspace *work, const float *matrix, npy_intp count, double *scores)
{
    npy_intp row = 0, rows;
    for (; count - row >= FEWEST_ROWS; row += rows) {
        rows = count - row < BLOCK_ROWS ? count - row : BLOCK_ROWS;
        const float *wide = derive_rows(table, matrix + row * table->features, rows, work->wide);
        score_block(table, &work->block, wide, rows, scores + row * table->member_count);
    }
    for (; row < count; row++) {
        const float *wide = derive_rows(table, matrix + row * table->features, 1, work->wide);
        score_row(table, &work->row, wide, scores + row * table->member_count);
    }
}

/* The same, and the ensemble's [count] unless it is NULL. */
static int score_rows(Table *table, const float *matrix, npy_intp count, double *scores, double *ensemble)
{
    Workspace work = table->own;
    PyThreadState *thread = NULL;
    if (count >= ROWS_WITHOUT_GIL) {
        memset(&work, 0, sizeof work);
        if (allocate_workspace(table, &work) < 0) {
            free_workspace(&work);
            PyErr_NoMemory();
            return -1;
        }
        thread = PyEval_SaveThread();
    }
    score_with(table, &work, matrix, count, scores);
    const Py_ssize_t not_scores = ensemble ? combine_scores(table, count, scores, ensemble) : 0;
    if (thread) {
        PyEval_RestoreThread(thread);
        free_workspace(&work);
    }
    table->not_scores += not_scores;
    return 0;
}

static PyObject *table_score_members(PyObject *self, PyObject *matrix)
{
    Table *table = (Table *)self;
    npy_intp shape[2] = {0, table->member_count};
    const float *rows = get_rows(table, matrix, shape);
    PyObject *members = rows ? PyArray_SimpleNew(2, shape, NPY_FLOAT64) : NULL;
    if (members && score_rows(table, rows, shape[0], PyArray_DATA((PyArrayObject *)members), NULL) < 0)
        Py_CLEAR(members);
    return members;
}

static PyObject *table_evaluate(PyObject *self, PyObject *matrix)
{
    Table *table = (Table *)self;
    npy_intp shape[2] = {0, table->member_count};
    const float *rows = get_rows(table, matrix, shape);
    if (!rows)
        return NULL;
    if (table->combine == NO_COMBINE) {
        refuse("this table has no combine rule");
        return NULL;
    }
    PyObject *members = PyArray_SimpleNew(2, shape, NPY_FLOAT64);
    PyObject *ensemble = PyArray_SimpleNew(1, shape, NPY_FLOAT64);
    PyObject *both = NULL;
    if (members && ensemble &&
        score_rows(table, rows, shape[0], PyArray_DATA((PyArrayObject *)members),
                   PyArray_DATA((PyArrayObject *)ensemble)) == 0)
        both = PyTuple_Pack(2, ensemble, members);
    Py_XDECREF(ensemble);
    Py_XDECREF(members);
    return both;
}

/* The numbers of a one-dimensional array, or NULL with an exception set. */
static const void *get_numbers(PyObject *object, int type, npy_intp *count)
{
    PyArrayObject *array = (PyArrayObject *)object;
    if (!PyArray_Check(object) || PyArray_TYPE(array) != type || PyArray_NDIM(array) != 1 ||
        !PyArray_IS_C_CONTIGUOUS(array) || !PyArray_ISALIGNED(array) || !PyArray_ISNOTSWAPPED(array)) {
        PyErr_SetString(PyExc_TypeError,
                        "a contiguous list of shares, points and weights in float64, groups in uint8 is expected");
        return NULL;
    }
    *count = PyArray_DIM(array, 0);
    return PyArray_DATA(array);
}

/* How many groups the longest of these rules has; 0 where `points` are those of no whole number of rules. */
static size_t longest_rule(npy_intp points)
{
    size_t groups = 0;
    for (; points > 0 && groups <= MOST_GROUPS; points -= (npy_intp)groups * SIDE_BY_SIDE)
        groups++;
    return points == 0 && groups <= MOST_GROUPS ? groups : 0;
}

/* What an explanation needs beside the rows, as one call gives it. */
typedef struct {
    const double *points, *weights;
    size_t groups; /* of the longest rule */
} GivenRules;

/* -1 with an exception set where it does not fit the table. */
static int get_explanation(const Table *table, Py_ssize_t number, PyObject *const *arrays, Explanation *explanation,
                           GivenRules *given)
{
    npy_intp nodes, trees, points, weights;
    if (!(explanation->shares = get_numbers(arrays[0], NPY_FLOAT64, &nodes)) ||
        !(explanation->groups = get_numbers(arrays[1], NPY_UINT8, &trees)) ||
        !(given->points = get_numbers(arrays[2], NPY_FLOAT64, &points)) ||
        !(given->weights = get_numbers(arrays[3], NPY_FLOAT64, &weights)))
        return -1;
    if (number < 0 || number >= table->member_count || table->members[number].kind == LINEAR)
        return refuse("no such member of trees");
    const Member *member = table->members + number;
    given->groups = longest_rule(points);
    if (nodes != table->node_count || trees != (npy_intp)member->count || points != weights || given->groups == 0)
        return refuse("a share for each node, a rule for each tree and whole groups of points are expected");
    for (npy_intp i = 0; i < trees; i++)
        if (explanation->groups[i] < 1 || explanation->groups[i] > given->groups)
            return refuse("a rule that there is is expected");
    if (deepest_tree(table, member) > DEEPEST)
        return refuse("trees too deep to explain");
    explanation->table = table;
    return 0;
}

static PyObject *table_explain_member(PyObject *self, PyObject *args)
{
    Table *table = (Table *)self;
    PyObject *matrix, *arrays[4];
    Py_ssize_t member;
    npy_intp shape[2] = {0, table->width};
    Explanation explanation;
    GivenRules given;
    if (!PyArg_ParseTuple(args, "OnOOOO", &matrix, &member, arrays, arrays + 1, arrays + 2, arrays + 3) ||
        get_explanation(table, member, arrays, &explanation, &given) < 0)
        return NULL;
    const float *rows = get_rows(table, matrix, shape);
    PyObject *moved = rows ? PyArray_ZEROS(2, shape, NPY_FLOAT64, 0) : NULL;
    if (!moved)
        return NULL;
    explanation.moved = PyArray_DATA((PyArrayObject *)moved);
    PyThreadState *thread = PyEval_SaveThread();
    Four *rules = fill_rules(&explanation.rules, given.points, given.weights, given.groups);
    const int result = rules ? explain_rows(table->members + member, explanation, given.groups, rows, shape[0]) : -1;
    free(rules);
    PyEval_RestoreThread(thread);
    if (result < 0) {
        Py_CLEAR(moved);
        PyErr_NoMemory();
    }
    return moved;
}

static PyMethodDef table_methods[] = {
    {"evaluate", table_evaluate, METH_O,
     "evaluate(matrix): the ensemble's scores [rows] and the members' [rows, members] of float32 [rows, features]."},
    {"score_members", table_score_members, METH_O, "score_members(matrix): the members' scores [rows, members] alone."},
    {"explain_member", table_explain_member, METH_VARARGS,
     "explain_member(matrix, member, shares, groups, points, weights): what each feature adds to the sum of a member's "
     "trees, [rows, features and derived ones]. Shares are by node, groups by tree of the member; points and weights are those of "
     "quadratures between 0 and 1 of 1, 2, ... groups of 4 points, one after the other."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef table_members[] = {
    {"not_scores", T_PYSSIZET, offsetof(Table, not_scores), READONLY,
     "How many rows `evaluate` has given no score: not finite, or outside of 0 to 1."},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot table_slots[] = {
    {Py_tp_doc, "The packed members of one ensemble. The arrays are copied and checked."},
    {Py_tp_new, table_new},
    {Py_tp_dealloc, table_dealloc},
    {Py_tp_methods, table_methods},
    {Py_tp_members, table_members},
    {0, NULL},
};

static PyType_Spec table_spec = {
    .name = "churn_runtimes.evaluator._flat_trees.Table",
    .basicsize = sizeof(Table),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = table_slots,
};

static int add_types(PyObject *module)
{
    import_array1(-1);
    PyObject *type = PyType_FromSpec(&table_spec);
    const int result = type ? PyModule_AddObjectRef(module, "Table", type) : -1;
    Py_XDECREF(type);
    return result;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, add_types}, {0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "_flat_trees", .m_doc = "See _flat_trees.c.", .m_slots = module_slots};

PyMODINIT_FUNC PyInit__flat_trees(void) { return PyModuleDef_Init(&module); }
