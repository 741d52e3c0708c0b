/* Files that ask for too much, and the strings that a file carries along. */
#include "check.h"

enum { COUNT = 64 * 512 };
static uint16_t weights[COUNT];
static const uint64_t shape[] = {64, 512};
static char archive[4096], restored[4096], derived[4096];

static void write_archive(const char *path, const wcodec_encoder *encoder)
{
    const wcodec_tensor_spec specs[] = {{"layer.0", WCODEC_DTYPE_BF16, 2, shape},
                                        {"layer.1", WCODEC_DTYPE_BF16, 2, shape}};
    const wcodec_metadata metadata[] = {{"größe", "🦀"}, {"format", "pt"}, {"empty", ""}};
    const wcodec_tensor tensor = {WCODEC_DTYPE_BF16, 2, shape, weights, sizeof weights};
    wcodec_writer *writer;
    OK(wcodec_writer_create(path, specs, 2, metadata, 3, false, &writer));
    OK(wcodec_writer_append(writer, encoder, &tensor));
    OK(wcodec_writer_append(writer, encoder, &tensor));
    OK(wcodec_writer_finish(writer));
    wcodec_writer_free(writer);
}

static void has_metadata(void)
{
    static const char *const expected[][2] = {{"empty", ""}, {"format", "pt"}, {"größe", "🦀"}};
    wcodec_model *model;
    wcodec_metadata_entry entry = {NULL, 0, NULL, 0};
    OK(wcodec_model_open(archive, NULL, &model));
    CHECK(wcodec_model_metadata_count(model) == 3);
    for (size_t i = 0; i < 3; i++) {
        OK(wcodec_model_metadata(model, i, &entry));
        CHECK(entry.name_length == strlen(expected[i][0]));
        CHECK(!memcmp(entry.name, expected[i][0], entry.name_length));
        CHECK(entry.value_length == strlen(expected[i][1]));
        CHECK(!memcmp(entry.value, expected[i][1], entry.value_length));
    }
    FAILS(wcodec_model_metadata(model, 3, &entry), INVALID_ARGUMENT, "no string 3 of 3");
    FAILS(wcodec_model_metadata(model, 0, NULL), INVALID_ARGUMENT, "entry is NULL");
    FAILS(wcodec_model_metadata(NULL, 0, &entry), INVALID_ARGUMENT, "model is NULL");
    wcodec_model_free(model);

    wcodec_tensor one = {WCODEC_DTYPE_BF16, 2, shape, weights, sizeof weights};
    wcodec_encoder *encoder;
    wcodec_buffer bytes;
    OK(wcodec_encoder_new(&encoder));
    OK(wcodec_encoder_compress(encoder, &one, &bytes));
    OK(wcodec_model_open_memory(bytes.data, bytes.length, NULL, &model));
    CHECK(wcodec_model_metadata_count(model) == 0);
    CHECK(wcodec_model_metadata_count(NULL) == 0);
    wcodec_model_free(model);
    wcodec_buffer_free(&bytes);
    wcodec_encoder_free(encoder);
}

/* Each limit, one below what the archive asks for, and just what it asks for. */
static void is_limited(const wcodec_decoder *decoder)
{
    static const struct {
        uint32_t limit;
        uint64_t needed;
        const char *said;
    } cases[] = {
        {WCODEC_LIMIT_TENSORS, 2, "the number of tensors"},
        {WCODEC_LIMIT_NAME_BYTES, 7, "the length of a tensor's name in bytes"},
        {WCODEC_LIMIT_DIMENSIONS, 2, "the number of a tensor's dimensions"},
        {WCODEC_LIMIT_TENSOR_BYTES, sizeof weights, "the decoded length of a tensor in bytes"},
    };
    static char bytes[1 << 18];
    const size_t length = (size_t)read_all(archive, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wcodec_limits *limits;
        wcodec_model *model = NULL;
        OK(wcodec_limits_new(&limits));
        OK(wcodec_limits_set(limits, cases[i].limit, cases[i].needed));
        OK(wcodec_model_open(archive, limits, &model));
        wcodec_model_free(model);
        OK(wcodec_verify_path(archive, decoder, NULL, limits, NULL, NULL, NULL));
        OK(wcodec_limits_set(limits, cases[i].limit, cases[i].needed - 1));
        model = NULL;
        FAILS(wcodec_model_open(archive, limits, &model), LIMIT_EXCEEDED, cases[i].said);
        FAILS(wcodec_model_open_memory(bytes, length, limits, &model), LIMIT_EXCEEDED,
              cases[i].said);
        CHECK(model == NULL);
        FAILS(wcodec_verify_path(archive, decoder, NULL, limits, NULL, NULL, NULL),
              LIMIT_EXCEEDED, cases[i].said);
        FAILS(wcodec_decompress_path(archive, restored, decoder, NULL, limits, 0, NULL, NULL, NULL),
              LIMIT_EXCEEDED, cases[i].said);
        CHECK(!exists(restored));
        wcodec_limits_free(limits);
    }
}

/* The header and what nests in it have no size that is the same for ever. */
static void headers_are_limited(void)
{
    wcodec_model *model;
    for (uint32_t limit = 0; limit <= WCODEC_LIMIT_JSON_DEPTH; limit += WCODEC_LIMIT_JSON_DEPTH) {
        wcodec_limits *limits;
        OK(wcodec_limits_new(&limits));
        OK(wcodec_limits_set(limits, limit, 1));
        FAILS(wcodec_model_open(archive, limits, &model), LIMIT_EXCEEDED, archive);
        wcodec_limits_free(limits);
    }
}

/* An archive as a base, and how many of those may follow each other. */
static void bases_are_limited(const wcodec_encoder *encoder, const wcodec_decoder *decoder)
{
    wcodec_limits *limits;
    wcodec_bases *bases;
    OK(wcodec_decompress_path(archive, restored, decoder, NULL, NULL, 0, NULL, NULL, NULL));
    OK(wcodec_bases_new(NULL, &bases));
    OK(wcodec_bases_add(bases, archive));
    OK(wcodec_compress_path(restored, derived, encoder, NULL, bases, 0, NULL, NULL, NULL));
    wcodec_bases_free(bases);

    OK(wcodec_limits_new(&limits));
    OK(wcodec_limits_set(limits, WCODEC_LIMIT_TENSORS, 1));
    OK(wcodec_bases_new(limits, &bases));
    FAILS(wcodec_bases_add(bases, archive), LIMIT_EXCEEDED, "the number of tensors");
    wcodec_bases_free(bases);
    OK(wcodec_limits_set(limits, WCODEC_LIMIT_TENSORS, 2));
    OK(wcodec_limits_set(limits, WCODEC_LIMIT_BASES, 0));
    OK(wcodec_bases_new(limits, &bases));
    OK(wcodec_bases_add(bases, archive));
    FAILS(wcodec_verify_path(derived, decoder, bases, NULL, NULL, NULL, NULL), LIMIT_EXCEEDED,
          "bases");
    wcodec_bases_free(bases);
    OK(wcodec_limits_set(limits, WCODEC_LIMIT_BASES, 1));
    OK(wcodec_bases_new(limits, &bases));
    OK(wcodec_bases_add(bases, archive));
    OK(wcodec_verify_path(derived, decoder, bases, NULL, NULL, NULL, NULL));
    wcodec_bases_free(bases);
    wcodec_limits_free(limits);
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    snprintf(archive, sizeof archive, "%s/a.wcodec", arguments[1]);
    snprintf(restored, sizeof restored, "%s/b.safetensors", arguments[1]);
    snprintf(derived, sizeof derived, "%s/c.wcodec", arguments[1]);
    fill_bf16(weights, COUNT, 1);
    wcodec_encoder *encoder;
    wcodec_decoder *decoder;
    OK(wcodec_encoder_new(&encoder));
    OK(wcodec_decoder_open(WCODEC_DEVICE_CPU, &decoder));
    write_archive(archive, encoder);

    has_metadata();
    is_limited(decoder);
    headers_are_limited();
    bases_are_limited(encoder, decoder);
    wcodec_limits *limits;
    OK(wcodec_limits_new(&limits));
    FAILS(wcodec_limits_set(limits, 7, 1), INVALID_ARGUMENT, "7 is no limit");
    FAILS(wcodec_limits_set(NULL, WCODEC_LIMIT_TENSORS, 1), INVALID_ARGUMENT, "limits is NULL");
    FAILS(wcodec_limits_new(NULL), INVALID_ARGUMENT, "limits is NULL");
    wcodec_limits_free(limits);
    wcodec_limits_free(NULL);
    wcodec_encoder_free(encoder);
    wcodec_decoder_free(decoder);
    return 0;
}
