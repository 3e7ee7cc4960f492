/* From rows of a customer's features to rows as the members score them, derived features behind the others.
 *
 * churn_models.derive says what the steps mean and runs them where no table is; both give the same floats. A step takes
 * columns that come before its target and values of its own, which `program_fault` proves, so a program costs what its
 * bytes are and reads nothing else. */
#ifndef FLAT_TREES_DERIVE_H
#define FLAT_TREES_DERIVE_H

#include "table.h"

enum { RATIO = 0, DIFFERENCE = 1, LOG = 2, BINS = 3, LOOK_UP = 4, ADD = 5 };

/* What is wrong with the table's steps; NULL where nothing is. */
static const char *program_fault(const Table *table)
{
    uint64_t target = table->features, values = 0;
    for (Py_ssize_t i = 0; i < table->step_count; i++) {
        const Step step = table->steps[i];
        if (step.operation > ADD)
            return "a step of an unknown operation";
        if (step.target != target && !(i > 0 && step.target == target - 1))
            return "steps whose targets are not in their order";
        target += step.target == target;
        if (step.first >= step.target || step.second >= step.target)
            return "a step that reads a column behind it";
        if (step.begin != values || step.length > (uint64_t)table->step_value_count - values)
            return "a step whose values are not its own";
        values += step.length;
    }
    return target - table->features > MOST_DERIVED ? "more derived features than there may be" : NULL;
}

static float looked_up(const float *values, uint32_t count, float code, float otherwise)
{
    return code >= 0.0f && code < (float)count && code == floorf(code) ? values[(uint32_t)code] : otherwise;
}

static float reached(const float *edges, uint32_t count, float value)
{
    uint32_t edge = 0;
    while (edge < count && edges[edge] <= value)
        edge++;
    return isnan(value) ? value : (float)edge;
}

static float computed(const Step step, const float *values, const float *row)
{
    const float first = row[step.first], second = row[step.second];
    switch (step.operation) {
    case RATIO:
        return first / second;
    case DIFFERENCE:
        return first - second;
    case LOG:
        return (float)copysign(log1p(fabs((double)first)), (double)first);
    case BINS:
        return reached(values, step.length, first);
    case LOOK_UP:
        return looked_up(values, step.length, first, NAN);
    default:
        return row[step.target] + looked_up(values, step.length, first, 0.0f);
    }
}

/* `count` rows as members score them: these rows themselves where nothing is derived, else as written to `wide`. */
static const float *derive_rows(const Table *table, const float *rows, npy_intp count, float *wide)
{
    if (table->step_count == 0)
        return rows;
    for (npy_intp i = 0; i < count; i++) {
        float *row = wide + i * table->width;
        memcpy(row, rows + i * table->features, table->features * sizeof *row);
        memset(row + table->features, 0, (table->width - table->features) * sizeof *row);
        for (const Step *step = table->steps; step < table->steps + table->step_count; step++) {
            const float value = computed(*step, table->step_values + step->begin, row);
            row[step->target] = isfinite(value) ? value : NAN;
        }
    }
    return wide;
}

#endif
