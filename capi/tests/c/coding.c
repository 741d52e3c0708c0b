/* Encoders, decoders, blobs and archives in memory. */
#include "check.h"

enum { ROWS = 300, COLUMNS = 256, COUNT = ROWS * COLUMNS };
static uint16_t weights[COUNT], decoded[COUNT];
static const uint64_t shape[] = {ROWS, COLUMNS};
static const wcodec_tensor tensor = {WCODEC_DTYPE_BF16, 2, shape, weights, sizeof weights};

static void blobs(wcodec_encoder *encoder, wcodec_decoder *decoder)
{
    wcodec_buffer blob, again;
    OK(wcodec_encoder_encode(encoder, &tensor, &blob));
    CHECK(blob.length < sizeof weights);
    uint64_t length = 0;
    OK(wcodec_blob_byte_length(blob.data, blob.length, &length));
    CHECK(length == sizeof weights);
    memset(decoded, 0xa5, sizeof decoded);
    OK(wcodec_decoder_decode(decoder, blob.data, blob.length, decoded, sizeof decoded));
    CHECK(!memcmp(weights, decoded, sizeof weights));

    OK(wcodec_encoder_set_entropy(encoder, WCODEC_ENTROPY_RANS));
    OK(wcodec_encoder_encode(encoder, &tensor, &again));
    memset(decoded, 0xa5, sizeof decoded);
    OK(wcodec_decoder_decode(decoder, again.data, again.length, decoded, sizeof decoded));
    CHECK(!memcmp(weights, decoded, sizeof weights));
    CHECK(again.length != blob.length || memcmp(again.data, blob.data, blob.length));
    wcodec_buffer_free(&again);
    OK(wcodec_encoder_set_entropy(encoder, WCODEC_ENTROPY_TANS));
    FAILS(wcodec_encoder_set_entropy(encoder, 2), INVALID_ARGUMENT, "2 is no coder");

    OK(wcodec_encoder_set_backend(encoder, "portable"));
    OK(wcodec_encoder_encode(encoder, &tensor, &again));
    CHECK(again.length == blob.length && !memcmp(again.data, blob.data, blob.length));
    wcodec_buffer_free(&again);
    CHECK(again.data == NULL && again.length == 0);
    wcodec_buffer_free(&again);

    FAILS(wcodec_decoder_decode(decoder, blob.data, blob.length, decoded, 100), INVALID_ARGUMENT,
          "100");
    FAILS(wcodec_decoder_decode(decoder, blob.data, blob.length - 1, decoded, sizeof decoded),
          TRUNCATED, "");
    memset(decoded, 'x', 128);
    FAILS(wcodec_blob_byte_length(decoded, 128, &length), CORRUPT, "");
    CHECK(length == sizeof weights);
    wcodec_buffer_free(&blob);
}

static void archives(wcodec_encoder *encoder, wcodec_decoder *decoder)
{
    wcodec_buffer archive;
    OK(wcodec_encoder_compress(encoder, &tensor, &archive));
    wcodec_model *model;
    OK(wcodec_model_open_memory(archive.data, archive.length, NULL, &model));
    CHECK(wcodec_model_tensor_count(model) == 1);
    wcodec_tensor_info info;
    OK(wcodec_model_tensor(model, 0, &info));
    CHECK(info.dtype == WCODEC_DTYPE_BF16 && info.rank == 2 && info.byte_length == sizeof weights);
    CHECK(info.name_length == 6 && !memcmp(info.name, "tensor", 6));
    uint64_t extents[2] = {0, 0};
    OK(wcodec_model_shape(model, 0, extents, 2));
    CHECK(extents[0] == ROWS && extents[1] == COLUMNS);
    FAILS(wcodec_model_shape(model, 0, extents, 1), INVALID_ARGUMENT, "room for 1 dimensions");

    memset(decoded, 0xa5, sizeof decoded);
    OK(wcodec_model_decode(model, 0, decoder, decoded, sizeof decoded));
    CHECK(!memcmp(weights, decoded, sizeof weights));
    memset(decoded, 0xa5, sizeof decoded);
    OK(wcodec_model_decode_rows(model, 0, 17, 20, decoder, decoded, 3 * COLUMNS * 2));
    CHECK(!memcmp(weights + 17 * COLUMNS, decoded, 3 * COLUMNS * 2));
    CHECK(decoded[3 * COLUMNS] == 0xa5a5);
    FAILS(wcodec_model_decode_rows(model, 0, 299, 301, decoder, decoded, 2 * COLUMNS * 2),
          INVALID_ARGUMENT, "");
    FAILS(wcodec_model_decode(model, 1, decoder, decoded, sizeof decoded), INVALID_ARGUMENT,
          "no tensor 1 of 1");

    size_t number = 7;
    OK(wcodec_model_find(model, "tensor", 6, &number));
    CHECK(number == 0);
    number = 7;
    FAILS(wcodec_model_find(model, "tensors", 7, &number), NO_SUCH_TENSOR, "tensors");
    CHECK(number == 7);
    FAILS(wcodec_model_find(model, "\xff", 1, &number), INVALID_ARGUMENT, "UTF-8");
    wcodec_model_free(model);

    archive.data[archive.length / 2] ^= 1;
    OK(wcodec_model_open_memory(archive.data, archive.length, NULL, &model));
    FAILS(wcodec_model_decode(model, 0, decoder, decoded, sizeof decoded), CORRUPT, "checksum");
    wcodec_model_free(model);
    model = NULL;
    FAILS(wcodec_model_open_memory(archive.data, 40, NULL, &model), TRUNCATED, "");
    CHECK(model == NULL);
    wcodec_buffer_free(&archive);
}

static void arguments(wcodec_encoder *encoder, wcodec_decoder *decoder)
{
    wcodec_buffer buffer = {NULL, 0};
    wcodec_tensor other = tensor;
    FAILS(wcodec_encoder_encode(NULL, &tensor, &buffer), INVALID_ARGUMENT, "encoder is NULL");
    FAILS(wcodec_encoder_encode(encoder, NULL, &buffer), INVALID_ARGUMENT, "tensor is NULL");
    FAILS(wcodec_encoder_encode(encoder, &tensor, NULL), INVALID_ARGUMENT, "blob is NULL");
    other.data = NULL;
    FAILS(wcodec_encoder_encode(encoder, &other, &buffer), INVALID_ARGUMENT, "data is NULL");
    other = tensor;
    other.dtype = 22;
    FAILS(wcodec_encoder_encode(encoder, &other, &buffer), INVALID_ARGUMENT, "no dtype");
    other = tensor;
    other.length--;
    FAILS(wcodec_encoder_encode(encoder, &other, &buffer), INVALID_ARGUMENT, "bytes");
    FAILS(wcodec_encoder_set_profile(encoder, 3), INVALID_ARGUMENT, "no profile");
    FAILS(wcodec_encoder_set_backend(encoder, "abacus"), INVALID_ARGUMENT, "abacus");
    CHECK(buffer.data == NULL);
    FAILS(wcodec_decoder_decode(NULL, weights, 4, decoded, 4), INVALID_ARGUMENT, "decoder");
    FAILS(wcodec_decoder_decode(decoder, NULL, 4, decoded, 4), INVALID_ARGUMENT, "blob is NULL");
    wcodec_decoder *none = NULL;
    FAILS(wcodec_decoder_open(-3, &none), INVALID_ARGUMENT, "-3");
    FAILS(wcodec_decoder_open(WCODEC_DEVICE_CPU, NULL), INVALID_ARGUMENT, "decoder is NULL");
    CHECK(none == NULL);

    /* A scalar has no dimensions, an empty tensor no bytes. */
    const wcodec_tensor scalar = {WCODEC_DTYPE_BF16, 0, NULL, weights, 2};
    const uint64_t empty_shape[] = {0, 5};
    const wcodec_tensor empty = {WCODEC_DTYPE_F32, 2, empty_shape, NULL, 0};
    const wcodec_tensor *both[] = {&scalar, &empty};
    for (int i = 0; i < 2; i++) {
        OK(wcodec_encoder_encode(encoder, both[i], &buffer));
        OK(wcodec_decoder_decode(decoder, buffer.data, buffer.length, decoded, both[i]->length));
        CHECK(i == 1 || decoded[0] == weights[0]);
        wcodec_buffer_free(&buffer);
    }
    wcodec_buffer_free(NULL);
    wcodec_model_free(NULL);
    wcodec_encoder_free(NULL);
    wcodec_decoder_free(NULL);
    CHECK(wcodec_model_tensor_count(NULL) == 0 && wcodec_decoder_device(NULL) == NULL);
}

int main(void)
{
    fill_bf16(weights, COUNT, 1);
    CHECK(!strcmp(wcodec_last_error(), ""));
    wcodec_encoder *encoder;
    wcodec_decoder *decoder;
    OK(wcodec_encoder_new(&encoder));
    OK(wcodec_encoder_set_profile(encoder, WCODEC_PROFILE_RATIO));
    OK(wcodec_encoder_set_batch_bytes(encoder, 1 << 20));
    OK(wcodec_decoder_open(WCODEC_DEVICE_CPU, &decoder));
    CHECK(!strncmp(wcodec_decoder_device(decoder), "CPU (", 5));
    CHECK(!strcmp(wcodec_dtype_name(WCODEC_DTYPE_F8_E4M3), "F8_E4M3"));
    CHECK(wcodec_dtype_from_name("BF16") == WCODEC_DTYPE_BF16);
    CHECK(wcodec_dtype_from_name("bf16") == -1 && wcodec_dtype_from_name(NULL) == -1);
    CHECK(!strcmp(wcodec_status_code(WCODEC_STATUS_NO_SUCH_TENSOR), "no_such_tensor"));
    CHECK(!strcmp(wcodec_status_code(1000), "other"));
    blobs(encoder, decoder);
    archives(encoder, decoder);
    arguments(encoder, decoder);
    wcodec_encoder_free(encoder);
    wcodec_decoder_free(decoder);
    return 0;
}
