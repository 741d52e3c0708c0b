/* Packed matrices in host memory: the same calls as on a GPU. */
#include "check.h"

enum { M = 40, K = 200, N = 3, STRIDE = 48 };
static uint16_t weights[M * K], other[M * K], unpacked[M * K], x[N * K], y[N * STRIDE],
    again[N * M];

static double number(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static wcodec_rows rows(const void *address, uint64_t height, uint64_t columns, uint64_t stride)
{
    return (wcodec_rows){(uint64_t)(uintptr_t)address, height, columns, stride};
}

/* Compares with sums in double precision: BF16 keeps 8 bits, sums in F32 lose far less here. */
static void check_product(const uint16_t *matrix, const uint16_t *result, size_t stride)
{
    for (int n = 0; n < N; n++) {
        for (int m = 0; m < M; m++) {
            double sum = 0, size = 0;
            for (int k = 0; k < K; k++) {
                double part = number(matrix[m * K + k]) * number(x[n * K + k]);
                sum += part;
                size += part < 0 ? -part : part;
            }
            double error = number(result[n * stride + m]) - sum;
            double most = size / (1 << 20) + (sum < 0 ? -sum : sum) / 256;
            CHECK((error < 0 ? -error : error) <= most);
        }
    }
}

static void products(const wcodec_packed *one, const wcodec_packed *two)
{
    wcodec_rows operand = rows(x, N, K, K);
    wcodec_product both[] = {{one, rows(y, N, M, STRIDE), 0}, {two, rows(again, N, M, M), 0}};
    memset(y, 0xa5, sizeof y);
    OK(wcodec_packed_multiply(both, 2, &operand, NULL));
    check_product(weights, y, STRIDE);
    check_product(other, again, M);
    CHECK(y[M] == 0xa5a5 && y[STRIDE - 1] == 0xa5a5);

    operand.columns--;
    FAILS(wcodec_packed_multiply(both, 1, &operand, NULL), INVALID_ARGUMENT, "columns");
    operand.columns++;
    both[0].y.rows--;
    FAILS(wcodec_packed_multiply(both, 1, &operand, NULL), INVALID_ARGUMENT, "y is");
    both[0].matrix = NULL;
    FAILS(wcodec_packed_multiply(both, 1, &operand, NULL), INVALID_ARGUMENT, "matrix is NULL");
    CHECK(wcodec_packed_most_rows(one) == UINT64_MAX && wcodec_packed_most_rows(NULL) == 0);

    /* Each row of x by two experts: their rows are those of the products. */
    const wcodec_packed *matrices[] = {one, two};
    wcodec_experts *experts;
    OK(wcodec_experts_new(matrices, 2, &experts));
    uint32_t numbers[2 * N] = {0, 1, 0, 1, 0, 1};
    static uint16_t chosen[2 * N * M];
    wcodec_rows out = rows(chosen, 2 * N, M, M);
    OK(wcodec_experts_multiply(experts, &operand, (uint64_t)(uintptr_t)numbers, &out, NULL));
    for (int n = 0; n < N; n++) {
        CHECK(!memcmp(chosen + 2 * n * M, y + n * STRIDE, M * 2));
        CHECK(!memcmp(chosen + (2 * n + 1) * M, again + n * M, M * 2));
    }
    wcodec_experts_free(experts);
    experts = NULL;
    FAILS(wcodec_experts_new(NULL, 0, &experts), INVALID_ARGUMENT, "no matrix");
    CHECK(experts == NULL);
}

static void from_an_archive(void)
{
    wcodec_encoder *encoder;
    OK(wcodec_encoder_new(&encoder));
    const uint64_t shape[] = {2, M / 2, K};
    const wcodec_tensor tensor = {WCODEC_DTYPE_BF16, 3, shape, weights, sizeof weights};
    wcodec_buffer archive;
    OK(wcodec_encoder_compress(encoder, &tensor, &archive));
    wcodec_model *model;
    OK(wcodec_model_open_memory(archive.data, archive.length, NULL, &model));
    const wcodec_part part = {5, 30, 10, UINT64_MAX};
    wcodec_packed *packed;
    OK(wcodec_packed_from_model(NULL, model, 0, &part, WCODEC_FORM_FAST, &packed));
    wcodec_rows out = rows(unpacked, 25, K - 10, K);
    OK(wcodec_packed_unpack(packed, 0, 25, &out, NULL));
    for (int m = 0; m < 25; m++) {
        CHECK(!memcmp(unpacked + m * K, weights + (m + 5) * K + 10, (K - 10) * 2));
    }
    wcodec_packed_free(packed);
    const wcodec_part beyond = {5, M + 1, 0, 1};
    FAILS(wcodec_packed_from_model(NULL, model, 0, &beyond, WCODEC_FORM_FAST, &packed),
          INVALID_ARGUMENT, "5 to 41 of 40");
    wcodec_model_free(model);
    wcodec_buffer_free(&archive);
    wcodec_encoder_free(encoder);
}

int main(void)
{
    fill_bf16(weights, M * K, 1);
    fill_bf16(other, M * K, 2);
    fill_bf16(x, N * K, 3);
    weights[7] = 0x6000; /* Far above the others: an exception of the form. */
    wcodec_rows source = rows(weights, M, K, K), second = rows(other, M, K, K);
    wcodec_packed *one, *two, *loaded;
    OK(wcodec_packed_pack(NULL, &source, WCODEC_FORM_FAST, NULL, &one));
    OK(wcodec_packed_pack(NULL, &second, WCODEC_FORM_WHOLE, NULL, &two));
    FAILS(wcodec_packed_pack(NULL, &source, 2, NULL, &loaded), INVALID_ARGUMENT, "no form");
    source.stride = K - 1;
    FAILS(wcodec_packed_pack(NULL, &source, 1, NULL, &loaded), INVALID_ARGUMENT, "rows");

    wcodec_packed_info info;
    OK(wcodec_packed_get_info(one, &info));
    CHECK(info.rows == M && info.columns == K && info.form == WCODEC_FORM_FAST);
    CHECK(info.exceptions >= 1 && info.byte_length > 0);
    wcodec_rows out = rows(unpacked, M, K, K);
    OK(wcodec_packed_unpack(one, 0, M, &out, NULL));
    CHECK(!memcmp(unpacked, weights, sizeof weights));
    FAILS(wcodec_packed_unpack(one, 1, M + 1, &out, NULL), INVALID_ARGUMENT, "1 to 41 of 40");

    wcodec_buffer saved;
    OK(wcodec_packed_save(one, &saved));
    OK(wcodec_packed_load(NULL, saved.data, saved.length, &loaded));
    memset(unpacked, 0xa5, sizeof unpacked);
    OK(wcodec_packed_unpack(loaded, 0, M, &out, NULL));
    CHECK(!memcmp(unpacked, weights, sizeof weights));
    wcodec_packed_free(loaded);
    loaded = NULL;
    saved.data[saved.length - 1] ^= 1;
    FAILS(wcodec_packed_load(NULL, saved.data, saved.length, &loaded), CORRUPT, "checksum");
    CHECK(loaded == NULL);
    wcodec_buffer_free(&saved);

    products(one, two);
    from_an_archive();
    wcodec_packed_free(one);
    wcodec_packed_free(two);
    return 0;
}
