/* Archives that are written, and whole files, in the folder that is given. */
#include "check.h"

enum { COUNT = 64 * 512 };
static uint16_t weights[2][COUNT], decoded[COUNT];
static const uint64_t shape[] = {64, 512};
static char path[6][4096];

static bool count_calls(void *data, uint64_t done, uint64_t expected)
{
    CHECK(done <= expected);
    __atomic_fetch_add((int *)data, 1, __ATOMIC_RELAXED);
    return true;
}

static bool stop(void *data, uint64_t done, uint64_t expected)
{
    (void)data, (void)done, (void)expected;
    return false;
}

static void written(const wcodec_encoder *encoder, const wcodec_decoder *decoder)
{
    const wcodec_tensor_spec specs[] = {{"layer.0", WCODEC_DTYPE_BF16, 2, shape},
                                        {"layer.1", WCODEC_DTYPE_BF16, 2, shape}};
    const wcodec_metadata metadata[] = {{"format", "pt"}};
    wcodec_tensor tensors[2];
    for (int i = 0; i < 2; i++) {
        tensors[i] = (wcodec_tensor){WCODEC_DTYPE_BF16, 2, shape, weights[i], sizeof weights[i]};
    }
    wcodec_writer *writer;
    OK(wcodec_writer_create(path[0], specs, 2, metadata, 1, false, &writer));
    OK(wcodec_writer_append(writer, encoder, &tensors[0]));
    FAILS(wcodec_writer_finish(writer), INVALID_ARGUMENT, "1 tensors are not written");
    wcodec_tensor other = tensors[1];
    other.dtype = WCODEC_DTYPE_F16;
    FAILS(wcodec_writer_append(writer, encoder, &other), INVALID_ARGUMENT, "announced as BF16");
    OK(wcodec_writer_append(writer, encoder, &tensors[1]));
    FAILS(wcodec_writer_append(writer, encoder, &tensors[1]), INVALID_ARGUMENT, "all tensors");
    CHECK(!exists(path[0]));
    OK(wcodec_writer_finish(writer));
    CHECK(exists(path[0]));
    FAILS(wcodec_writer_finish(writer), INVALID_ARGUMENT, "finished");
    wcodec_writer_free(writer);

    writer = NULL;
    FAILS(wcodec_writer_create(path[0], specs, 2, NULL, 0, false, &writer), OUTPUT_EXISTS,
          path[0]);
    CHECK(writer == NULL);
    /* One that is given up leaves what was there. */
    OK(wcodec_writer_create(path[0], specs, 1, NULL, 0, true, &writer));
    wcodec_writer_free(writer);

    wcodec_model *model;
    OK(wcodec_model_open(path[0], NULL, &model));
    CHECK(wcodec_model_tensor_count(model) == 2);
    size_t number;
    OK(wcodec_model_find(model, "layer.1", 7, &number));
    OK(wcodec_model_decode(model, number, decoder, decoded, sizeof decoded));
    CHECK(!memcmp(decoded, weights[1], sizeof decoded));
    wcodec_model_free(model);
}

static void converted(const wcodec_encoder *encoder, const wcodec_decoder *decoder)
{
    wcodec_summary summary;
    int calls = 0;
    OK(wcodec_decompress_path(path[0], path[1], decoder, NULL, NULL, 0, count_calls, &calls, &summary));
    CHECK(summary.tensors == 2 && summary.tensor_bytes == sizeof weights && calls > 0);
    CHECK(summary.left_out == 0 && summary.output_bytes > sizeof weights);
    FAILS(wcodec_decompress_path(path[0], path[1], decoder, NULL, NULL, 0, NULL, NULL, NULL),
          OUTPUT_EXISTS, path[1]);
    OK(wcodec_decompress_path(path[0], path[1], decoder, NULL, NULL, WCODEC_REPLACE, NULL, NULL,
                              NULL));

    OK(wcodec_compress_path(path[1], path[2], encoder, decoder, NULL, 0, NULL, NULL, &summary));
    CHECK(summary.output_bytes < summary.input_bytes);
    OK(wcodec_verify_path(path[2], decoder, NULL, NULL, NULL, NULL, &summary));
    CHECK(summary.tensors == 2);
    OK(wcodec_decompress_path(path[2], path[3], decoder, NULL, NULL, 0, NULL, NULL, NULL));
    static char one[1 << 18], two[1 << 18];
    long length = read_all(path[1], one, sizeof one);
    CHECK(length == read_all(path[3], two, sizeof two) && !memcmp(one, two, (size_t)length));

    CHECK(remove(path[3]) == 0);
    FAILS(wcodec_decompress_path(path[2], path[3], decoder, NULL, NULL, 0, stop, NULL, NULL),
          CANCELLED, "");
    CHECK(!exists(path[3]));
    FAILS(wcodec_compress_path(path[1], path[3], encoder, NULL, NULL, 8, NULL, NULL, NULL),
          INVALID_ARGUMENT, "no flag 0x8");
    FAILS(wcodec_compress_path(path[0], path[3], encoder, NULL, NULL, 0, NULL, NULL, NULL), WRONG_FORMAT,
          path[0]);
    OK(wcodec_compress_path(path[0], path[3], encoder, NULL, NULL, WCODEC_AS_IS, NULL, NULL, NULL));
    wcodec_model *model;
    FAILS(wcodec_model_open("/nowhere/at all", NULL, &model), IO, "/nowhere/at all");
}

/* The file again with a weight changed, against itself. */
static void against_a_base(const wcodec_encoder *encoder, const wcodec_decoder *decoder)
{
    static char one[1 << 18], two[1 << 18];
    long length = read_all(path[1], one, sizeof one);
    one[length - 100] ^= 1;
    FILE *file = fopen(path[4], "wb");
    CHECK(file && fwrite(one, 1, (size_t)length, file) == (size_t)length && fclose(file) == 0);
    wcodec_bases *bases;
    OK(wcodec_bases_new(NULL, &bases));
    OK(wcodec_bases_add(bases, path[1]));
    FAILS(wcodec_bases_add(bases, "/nowhere/at all"), IO, "/nowhere/at all");
    wcodec_summary summary;
    OK(wcodec_compress_path(path[4], path[5], encoder, decoder, bases, 0, NULL, NULL, &summary));
    CHECK(summary.output_bytes < 2000);
    FAILS(wcodec_verify_path(path[5], decoder, NULL, NULL, NULL, NULL, NULL), BASE_NEEDED, path[5]);
    OK(wcodec_verify_path(path[5], decoder, bases, NULL, NULL, NULL, NULL));
    CHECK(remove(path[4]) == 0);
    OK(wcodec_decompress_path(path[5], path[4], decoder, bases, NULL, 0, NULL, NULL, NULL));
    CHECK(length == read_all(path[4], two, sizeof two) && !memcmp(one, two, (size_t)length));
    wcodec_bases_free(bases);

    memcpy(decoded, weights[0], sizeof decoded);
    decoded[5] ^= 1;
    const wcodec_tensor tensor = {WCODEC_DTYPE_BF16, 2, shape, decoded, sizeof decoded};
    wcodec_buffer delta;
    OK(wcodec_encoder_encode_against(encoder, &tensor, weights[0], sizeof weights[0], &delta));
    CHECK(delta.length < 500);
    OK(wcodec_decoder_apply(decoder, delta.data, delta.length, weights[0], sizeof weights[0]));
    CHECK(!memcmp(decoded, weights[0], sizeof decoded));
    FAILS(wcodec_decoder_apply(decoder, delta.data, delta.length, weights[0], 100),
          INVALID_ARGUMENT, "100");
    wcodec_buffer_free(&delta);
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    const char *names[] = {"a.wcodec", "b.safetensors", "c.wcodec",
                           "d.safetensors", "e.safetensors", "f.wcodec"};
    for (int i = 0; i < 6; i++) {
        snprintf(path[i], sizeof path[i], "%s/%s", arguments[1], names[i]);
    }
    fill_bf16(weights[0], COUNT, 1);
    fill_bf16(weights[1], COUNT, 2);
    wcodec_encoder *encoder;
    wcodec_decoder *decoder;
    OK(wcodec_encoder_new(&encoder));
    OK(wcodec_decoder_open(WCODEC_DEVICE_CPU, &decoder));
    written(encoder, decoder);
    converted(encoder, decoder);
    against_a_base(encoder, decoder);
    wcodec_encoder_free(encoder);
    wcodec_decoder_free(decoder);
    return 0;
}
