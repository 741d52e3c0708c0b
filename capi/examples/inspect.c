/* A file from anywhere: what it says of itself, with no more work than limits allow. Called with a
 * folder, to which the file of this example is written.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "wcodec.h"

/* Ends the program with what was wrong. */
static void check(wcodec_status status)
{
    if (status != WCODEC_STATUS_OK) {
        fprintf(stderr, "%s: %s\n", wcodec_status_code((int32_t)status), wcodec_last_error());
        exit(1);
    }
}

static void write_archive(const char *path)
{
    static const float bias[] = {0.5f, -0.25f, 0.125f};
    const uint64_t shape[] = {3};
    const wcodec_tensor_spec spec = {"bias", WCODEC_DTYPE_F32, 1, shape};
    const wcodec_tensor tensor = {WCODEC_DTYPE_F32, 1, shape, bias, sizeof bias};
    const wcodec_metadata metadata[] = {{"format", "pt"}, {"license", "apache-2.0"}};
    wcodec_encoder *encoder;
    wcodec_writer *writer;
    check(wcodec_encoder_new(&encoder));
    check(wcodec_writer_create(path, &spec, 1, metadata, 2, true, &writer));
    check(wcodec_writer_append(writer, encoder, &tensor));
    check(wcodec_writer_finish(writer));
    wcodec_writer_free(writer);
    wcodec_encoder_free(encoder);
}

int main(int count, char **arguments)
{
    char path[4096];
    if (count != 2 || snprintf(path, sizeof path, "%s/bias.wcodec", arguments[1]) >= 4096) {
        fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
        return 2;
    }
    write_archive(path);

    wcodec_limits *limits;
    check(wcodec_limits_new(&limits));
    check(wcodec_limits_set(limits, WCODEC_LIMIT_TENSORS, 10000));
    check(wcodec_limits_set(limits, WCODEC_LIMIT_HEADER_BYTES, 4 << 20));
    wcodec_model *model;
    check(wcodec_model_open(path, limits, &model));
    wcodec_limits_free(limits);
    for (size_t i = 0; i < wcodec_model_metadata_count(model); i++) {
        wcodec_metadata_entry entry;
        check(wcodec_model_metadata(model, i, &entry));
        printf("%.*s: %.*s\n", (int)entry.name_length, entry.name, (int)entry.value_length,
               entry.value);
    }
    for (size_t i = 0; i < wcodec_model_tensor_count(model); i++) {
        wcodec_tensor_info info;
        check(wcodec_model_tensor(model, i, &info));
        printf("%.*s: %" PRIu64 " bytes in %zu dimensions\n", (int)info.name_length, info.name,
               info.byte_length, info.rank);
    }
    wcodec_model_free(model);
    return 0;
}
