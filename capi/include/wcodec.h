#ifndef WCODEC_H
#define WCODEC_H

/* Made of capi/src by cbindgen: `make header` makes it anew. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Of `wcodec_compress_path` and `wcodec_decompress_path`: an existing target is replaced.
#define WCODEC_REPLACE 1

// Of `wcodec_compress_path`: a file that is no sound safetensors file is carried as it is.
#define WCODEC_AS_IS 2

// Of `wcodec_decoder_open`: the first NVIDIA GPU if there is one, otherwise the CPU.
#define WCODEC_DEVICE_AUTO -2

// Of `wcodec_decoder_open`: the CPU.
#define WCODEC_DEVICE_CPU -1

// What became of a call. Numbers keep their meaning from version to version, and new ones come.
typedef enum {
    // It succeeded.
    WCODEC_STATUS_OK = 0,
    // The system refused to read, write or create something.
    WCODEC_STATUS_IO = 1,
    // The file is of another format.
    WCODEC_STATUS_WRONG_FORMAT = 2,
    // The file is of a version that this library is too old for.
    WCODEC_STATUS_UNSUPPORTED_VERSION = 3,
    // The file is of a version that was never released.
    WCODEC_STATUS_UNRELEASED_VERSION = 4,
    // The file has something that this library is too old for.
    WCODEC_STATUS_UNKNOWN_FEATURE = 5,
    // The file ends too early.
    WCODEC_STATUS_TRUNCATED = 6,
    // The file goes on after its end.
    WCODEC_STATUS_TRAILING_DATA = 7,
    // The file was changed while it was read.
    WCODEC_STATUS_CHANGED = 8,
    // The file is damaged.
    WCODEC_STATUS_CORRUPT = 9,
    // The file exceeds a limit.
    WCODEC_STATUS_LIMIT_EXCEEDED = 10,
    // An argument does not fit.
    WCODEC_STATUS_INVALID_ARGUMENT = 11,
    // There is no tensor of this name.
    WCODEC_STATUS_NO_SUCH_TENSOR = 12,
    // Two files of a model have a tensor of one name.
    WCODEC_STATUS_DUPLICATE_TENSOR = 13,
    // An index names files that are not there.
    WCODEC_STATUS_ABSENT_SHARDS = 14,
    // Other files have bytes of this file's tensors, and cannot be read.
    WCODEC_STATUS_STORED_ELSEWHERE = 15,
    // The output exists, and is not to be replaced.
    WCODEC_STATUS_OUTPUT_EXISTS = 16,
    // There is no such GPU, or no driver.
    WCODEC_STATUS_NO_GPU = 17,
    // The GPU's driver reports an error.
    WCODEC_STATUS_GPU = 18,
    // The caller cancelled it.
    WCODEC_STATUS_CANCELLED = 19,
    // There is too little memory, on the host or on the GPU.
    WCODEC_STATUS_OUT_OF_MEMORY = 20,
    // The system gives no threads.
    WCODEC_STATUS_THREADS = 21,
    // A fault of this library: please report it.
    WCODEC_STATUS_PANICKED = 22,
    // A tensor is coded against one of a base, which was not given, or is another.
    WCODEC_STATUS_BASE_NEEDED = 23,
    // An error that this version of the interface has no number for: see the message.
    WCODEC_STATUS_OTHER = 255,
} wcodec_status;

// The element type of a tensor, under its name in safetensors. Bits of an element are in brackets.
typedef enum {
    // Booleans of one byte (8).
    WCODEC_DTYPE_BOOL = 0,
    // MXFP4 (4).
    WCODEC_DTYPE_F4 = 1,
    // MXFP6, two bits of exponent (6).
    WCODEC_DTYPE_F6_E2M3 = 2,
    // MXFP6, three bits of exponent (6).
    WCODEC_DTYPE_F6_E3M2 = 3,
    // Unsigned bytes (8).
    WCODEC_DTYPE_U8 = 4,
    // Signed bytes (8).
    WCODEC_DTYPE_I8 = 5,
    // Five bits of exponent (8).
    WCODEC_DTYPE_F8_E5M2 = 6,
    // Four bits of exponent (8).
    WCODEC_DTYPE_F8_E4M3 = 7,
    // Powers of two (8).
    WCODEC_DTYPE_F8_E8M0 = 8,
    // As F8_E4M3, finite and with one zero (8).
    WCODEC_DTYPE_F8_E4M3FNUZ = 9,
    // As F8_E5M2, finite and with one zero (8).
    WCODEC_DTYPE_F8_E5M2FNUZ = 10,
    // Signed integers (16).
    WCODEC_DTYPE_I16 = 11,
    // Unsigned integers (16).
    WCODEC_DTYPE_U16 = 12,
    // Half precision (16).
    WCODEC_DTYPE_F16 = 13,
    // bfloat16 (16).
    WCODEC_DTYPE_BF16 = 14,
    // Signed integers (32).
    WCODEC_DTYPE_I32 = 15,
    // Unsigned integers (32).
    WCODEC_DTYPE_U32 = 16,
    // Single precision (32).
    WCODEC_DTYPE_F32 = 17,
    // Complex numbers of two F32 (64).
    WCODEC_DTYPE_C64 = 18,
    // Double precision (64).
    WCODEC_DTYPE_F64 = 19,
    // Signed integers (64).
    WCODEC_DTYPE_I64 = 20,
    // Unsigned integers (64).
    WCODEC_DTYPE_U64 = 21,
} wcodec_dtype;

// What an encoder aims at.
typedef enum {
    // The fastest to decode within 1.25 % of the smallest, as far as a sample tells.
    WCODEC_PROFILE_BALANCED = 0,
    // The smallest.
    WCODEC_PROFILE_RATIO = 1,
    // The fastest to decode within 3 % of the smallest, as far as a sample tells.
    WCODEC_PROFILE_FAST = 2,
} wcodec_profile;

// The coder of symbols.
typedef enum {
    // Tabled asymmetric numeral systems.
    WCODEC_ENTROPY_TANS = 0,
    // Range asymmetric numeral systems.
    WCODEC_ENTROPY_RANS = 1,
} wcodec_entropy;

// How a packed matrix holds its weights.
typedef enum {
    // All 16 bits of each weight, for matrices that no other form makes smaller.
    WCODEC_FORM_WHOLE = 0,
    // Twelve bits of each weight, and exceptions.
    WCODEC_FORM_FAST = 1,
} wcodec_form;

// What a file may ask of a reader; each has a default that no honest model exceeds.
typedef enum {
    // Bytes of the header, once it is expanded; 100,000,000 unless set, which is also the most that
    // the format allows. Opening takes up to four times as much memory.
    WCODEC_LIMIT_HEADER_BYTES = 0,
    // Tensors in an archive; 500,000 unless set.
    WCODEC_LIMIT_TENSORS = 1,
    // Bytes of a tensor's name; 4,096 unless set.
    WCODEC_LIMIT_NAME_BYTES = 2,
    // Extents of a tensor's shape; 65,536 unless set.
    WCODEC_LIMIT_DIMENSIONS = 3,
    // JSON objects and arrays inside each other; 32 unless set.
    WCODEC_LIMIT_JSON_DEPTH = 4,
    // Decoded bytes of one tensor; 2^38, which is 256 GiB, unless set.
    WCODEC_LIMIT_TENSOR_BYTES = 5,
    // Bases one after another, each coded against the next; 64 unless set.
    WCODEC_LIMIT_BASES = 6,
} wcodec_limit;

// Files of tensors that others are coded against, such as the model before it was fine-tuned.
typedef struct wcodec_bases wcodec_bases;

// Decodes to host memory, on the device that it was opened for.
typedef struct wcodec_decoder wcodec_decoder;

// Encodes tensors.
typedef struct wcodec_encoder wcodec_encoder;

// Packed matrices of one shape, whose numbers are their places: the experts of a layer.
typedef struct wcodec_experts wcodec_experts;

// An NVIDIA GPU, with what was loaded to it so far.
typedef struct wcodec_gpu wcodec_gpu;

// The most that a reader accepts of an archive, so that a small hostile file cannot cost a lot.
// Functions that take limits do so for the length of the call, and take NULL for the defaults.
// Whatever the limits, nothing is allocated for a size that a file does not really have.
typedef struct wcodec_limits wcodec_limits;

// An open model: a .wcodec or safetensors file, or a folder of them.
typedef struct wcodec_model wcodec_model;

// A packed matrix, on a GPU or in host memory.
typedef struct wcodec_packed wcodec_packed;

// Blobs that are decoded together: one launch for each kernel that they need. It is made once, and
// decodes any number of times.
typedef struct wcodec_plan wcodec_plan;

// An archive that is being written, and gets its name when it is finished.
typedef struct wcodec_writer wcodec_writer;

// Bytes that this library has allocated, to be freed with `wcodec_buffer_free`.
typedef struct {
    // The first byte; NULL where there are none.
    uint8_t *data;
    // Bytes.
    size_t length;
} wcodec_buffer;

// Told how far work is: bytes done and bytes known to be done in all. Returns whether it goes on;
// where not, no further tensor is begun, nothing is left on disk, and the status is
// WCODEC_STATUS_CANCELLED. Called from several threads, also at once.
typedef bool (*wcodec_progress)(void *data, uint64_t done, uint64_t expected);

// Sizes of a finished conversion.
typedef struct {
    // Tensors.
    uint64_t tensors;
    // Their decoded bytes.
    uint64_t tensor_bytes;
    // Bytes of all files read.
    uint64_t input_bytes;
    // Bytes of all files that they became.
    uint64_t output_bytes;
    // Files and folders that hold weights, or cannot be looked into, and were left out: of a
    // folder, hidden ones and those that appeared meanwhile.
    uint64_t left_out;
} wcodec_summary;

// A tensor in host memory: row-major, little-endian elements, one after another.
typedef struct {
    // A `wcodec_dtype`.
    uint32_t dtype;
    // Dimensions; none for rank 0.
    size_t rank;
    // The extent of each dimension, outermost first.
    const uint64_t *shape;
    // The elements.
    const void *data;
    // Bytes of the elements.
    size_t length;
} wcodec_tensor;

// A tensor that is wanted in device memory, or some of its rows.
typedef struct {
    // The tensor's number in the model.
    size_t number;
    // The first row that is wanted, an index of the first dimension.
    uint64_t first_row;
    // The row after the last; UINT64_MAX for all from the first on.
    uint64_t end_row;
    // The device address of the first byte.
    uint64_t address;
} wcodec_load_target;

// A string of a model's `__metadata__` with its name; both are UTF-8, may hold a NUL and do not end
// with one, and live as long as the model.
typedef struct {
    // Its name.
    const char *name;
    // Bytes of the name.
    size_t name_length;
    // The string.
    const char *value;
    // Bytes of the string.
    size_t value_length;
} wcodec_metadata_entry;

// A tensor of a model. `name` lives as long as the model.
typedef struct {
    // Its name, UTF-8 and without a NUL at its end.
    const char *name;
    // Bytes of the name.
    size_t name_length;
    // A `wcodec_dtype`.
    uint32_t dtype;
    // Dimensions.
    size_t rank;
    // Bytes of the decoded tensor.
    uint64_t byte_length;
} wcodec_tensor_info;

// Rows of BF16 numbers: on a GPU in its memory, otherwise in the process's own.
typedef struct {
    // The address of the first number.
    uint64_t address;
    // Rows.
    uint64_t rows;
    // Numbers in each.
    uint64_t columns;
    // Numbers from the start of a row to that of the next.
    uint64_t stride;
} wcodec_rows;

// Sizes of a packed matrix.
typedef struct {
    // Rows.
    uint64_t rows;
    // Columns.
    uint64_t columns;
    // Bytes that it takes.
    uint64_t byte_length;
    // Weights that stand beside the form.
    uint32_t exceptions;
    // A `wcodec_form`: as was wished, or WCODEC_FORM_WHOLE where that did not make it smaller.
    uint32_t form;
} wcodec_packed_info;

// A part of a matrix. UINT64_MAX ends with the last row or column.
typedef struct {
    // The first row.
    uint64_t first_row;
    // The row after the last.
    uint64_t end_row;
    // The first column.
    uint64_t first_column;
    // The column after the last.
    uint64_t end_column;
} wcodec_part;

// A matrix to multiply by, and where the result goes.
typedef struct {
    // The matrix.
    const wcodec_packed *matrix;
    // Room for the result: a row for each row of x, a number for each row of the matrix.
    wcodec_rows y;
    // The address of BF16 numbers, one for each row of the matrix, that are added to each row of
    // the result; 0 for none.
    uint64_t bias;
} wcodec_product;

// Some rows of a matrix, unpacked, for a dense product: y = x weightsᵀ + bias.
typedef struct {
    // The weights.
    wcodec_rows weights;
    // What they are multiplied with.
    wcodec_rows x;
    // Room for the result.
    wcodec_rows y;
    // The address of numbers to add to each row of the result; 0 for none.
    uint64_t bias;
} wcodec_dense_piece;

// Starts a dense product of the caller's, on the stream that it was called for. Returns whether it
// could.
typedef bool (*wcodec_dense)(void *data, const wcodec_dense_piece *piece);

// A blob in device memory, and where it is decoded to.
typedef struct {
    // The blob in host memory, or its beginning at least: header, tables and tile index, which
    // `wcodec_blob_front_length` counts. Needed until the plan is made.
    const void *front;
    // Bytes of that.
    size_t front_length;
    // Bytes of the whole blob.
    uint64_t blob_length;
    // The device address of the blob, a multiple of 256.
    uint64_t blob;
    // The device address of the decoded tensor, a multiple of 16.
    uint64_t out;
    // The device address, a multiple of 256, of `wcodec_blob_scratch_length` bytes, for what is
    // decoded on the way; any where that is 0.
    uint64_t scratch;
} wcodec_planned;

// A tensor of an archive that is to be written.
typedef struct {
    // Its name, UTF-8 and ending with NUL.
    const char *name;
    // A `wcodec_dtype`.
    uint32_t dtype;
    // Dimensions; none for rank 0.
    size_t rank;
    // The extent of each dimension, outermost first.
    const uint64_t *shape;
} wcodec_tensor_spec;

// A text of a file's `__metadata__` with its name, both UTF-8 and ending with NUL.
typedef struct {
    // Its name.
    const char *name;
    // The text.
    const char *value;
} wcodec_metadata;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Bases, none yet. Those that are archives keep to the limits, which may be NULL.
//
// # Safety
// `bases` has room for a pointer.
wcodec_status wcodec_bases_new(const wcodec_limits *limits, wcodec_bases **bases);

// Adds a safetensors file, an archive, or all of them in a folder and those below it.
//
// # Safety
// `location` ends with NUL, and nothing else uses the bases meanwhile.
wcodec_status wcodec_bases_add(wcodec_bases *bases, const char *location);

// Frees bases.
//
// # Safety
// They are NULL, or nothing uses them.
void wcodec_bases_free(wcodec_bases *bases);

// Frees the bytes of a buffer, which is empty afterwards.
//
// # Safety
// `buffer` is NULL, or a buffer that a function of this library has written and nothing else uses.
void wcodec_buffer_free(wcodec_buffer *buffer);

// What was wrong with the last call of this thread that failed: what, where, and what to do. Empty
// where none has. The text is UTF-8, and stays until another call of this thread fails.
const char *wcodec_last_error(void);

// The version of this library, such as "0.1.0".
const char *wcodec_version(void);

// Compresses a safetensors file to an archive, or a folder to a folder; `target` appears whole or
// not at all. With a `verifier` every tensor is decoded again from the file as written. `flags` is 0,
// or the sum of WCODEC_REPLACE and WCODEC_AS_IS. `verifier`, `bases`, `progress` and `summary` may be
// NULL. Tensors are coded against those of the bases where that pays, which then are needed again.
//
// # Safety
// Paths end with NUL; `progress` may be called with `data` from any thread; `summary` is NULL or has
// room for one.
wcodec_status wcodec_compress_path(const char *source,
                                   const char *target,
                                   const wcodec_encoder *encoder,
                                   const wcodec_decoder *verifier,
                                   const wcodec_bases *bases,
                                   uint32_t flags,
                                   wcodec_progress progress,
                                   void *data,
                                   wcodec_summary *summary);

// Restores the file that an archive was made from, or a folder, to the byte; `target` appears whole
// or not at all. `bases` are those that it was compressed with, or NULL. Archives keep to the limits.
// `flags` is 0 or WCODEC_REPLACE; `limits`, `progress` and `summary` may be NULL.
//
// # Safety
// As `wcodec_compress_path`.
wcodec_status wcodec_decompress_path(const char *source,
                                     const char *target,
                                     const wcodec_decoder *decoder,
                                     const wcodec_bases *bases,
                                     const wcodec_limits *limits,
                                     uint32_t flags,
                                     wcodec_progress progress,
                                     void *data,
                                     wcodec_summary *summary);

// Decodes all of an archive, or of a folder, and checks every hash. Archives keep to the limits.
// `bases`, `limits`, `progress` and `summary` may be NULL.
//
// # Safety
// As `wcodec_compress_path`.
wcodec_status wcodec_verify_path(const char *source,
                                 const wcodec_decoder *decoder,
                                 const wcodec_bases *bases,
                                 const wcodec_limits *limits,
                                 wcodec_progress progress,
                                 void *data,
                                 wcodec_summary *summary);

// Opens a decoder: WCODEC_DEVICE_CPU, WCODEC_DEVICE_AUTO, or the ordinal of an NVIDIA GPU.
//
// # Safety
// `decoder` has room for a pointer.
wcodec_status wcodec_decoder_open(int32_t device, wcodec_decoder **decoder);

// The device that a decoder really uses, such as "CPU (avx2)" or "GPU 0 (NVIDIA H200)"; the text
// lives as long as the decoder. NULL for NULL.
//
// # Safety
// `decoder` is NULL, or an open decoder.
const char *wcodec_decoder_device(const wcodec_decoder *decoder);

// Decodes a blob that `wcodec_encoder_encode` made to `length` bytes from `data` on, all that it
// decodes to: `wcodec_blob_byte_length` tells how many. The caller vouches that the blob is as it
// was made: it has no checksum, other than an archive.
//
// # Safety
// There are as many bytes, which nothing else writes meanwhile.
wcodec_status wcodec_decoder_decode(const wcodec_decoder *decoder,
                                    const void *blob,
                                    size_t blob_length,
                                    void *data,
                                    size_t length);

// The bytes that a blob decodes to.
//
// # Safety
// There are as many bytes, and room for a number.
wcodec_status wcodec_blob_byte_length(const void *blob, size_t blob_length, uint64_t *length);

// Frees a decoder.
//
// # Safety
// It is NULL, or an open decoder that nothing uses.
void wcodec_decoder_free(wcodec_decoder *decoder);

// Encodes a tensor against a reference of as many bytes, such as the same tensor before it was
// trained on, to a delta. A delta has no checksum: for whom keeps one himself, as of the reference.
//
// # Safety
// There is what the tensor says, there are as many bytes of the reference, and `delta` has room for
// a buffer.
wcodec_status wcodec_encoder_encode_against(const wcodec_encoder *encoder,
                                            const wcodec_tensor *tensor,
                                            const void *reference,
                                            size_t reference_length,
                                            wcodec_buffer *delta);

// Decodes a delta in place: `data` is the reference, and then the tensor. Bytes that do not change
// are not written. After an error it is the reference still.
//
// # Safety
// There are as many bytes, which nothing else uses meanwhile.
wcodec_status wcodec_decoder_apply(const wcodec_decoder *decoder,
                                   const void *delta,
                                   size_t delta_length,
                                   void *data,
                                   size_t length);

// The name of a dtype in safetensors, such as "BF16"; NULL for a number that is none.
const char *wcodec_dtype_name(uint32_t dtype);

// Bits of an element; 0 for a number that is no dtype.
uint32_t wcodec_dtype_bits(uint32_t dtype);

// The dtype that safetensors calls `name`; -1 where there is none.
//
// # Safety
// `name` is NULL, or ends with NUL.
int32_t wcodec_dtype_from_name(const char *name);

// A new encoder of the profile WCODEC_PROFILE_BALANCED.
//
// # Safety
// `encoder` has room for a pointer.
wcodec_status wcodec_encoder_new(wcodec_encoder **encoder);

// Sets the profile, a `wcodec_profile`.
//
// # Safety
// Nothing else uses the encoder meanwhile.
wcodec_status wcodec_encoder_set_profile(wcodec_encoder *encoder, uint32_t profile);

// Sets the coder of symbols, a `wcodec_entropy`; WCODEC_ENTROPY_TANS where nothing is said.
//
// # Safety
// Nothing else uses the encoder meanwhile.
wcodec_status wcodec_encoder_set_entropy(wcodec_encoder *encoder, uint32_t entropy);

// Sets how many bytes of tensors are decoded together with each tensor: with more of them tiles
// can be larger, and take less room. 0 for a tensor that is decoded alone.
//
// # Safety
// Nothing else uses the encoder meanwhile.
wcodec_status wcodec_encoder_set_batch_bytes(wcodec_encoder *encoder, uint64_t bytes);

// Sets the instructions that encode: "avx512", "avx2", "neon" or "portable", those that this CPU
// has. All give the same bytes.
//
// # Safety
// `name` ends with NUL, and nothing else uses the encoder meanwhile.
wcodec_status wcodec_encoder_set_backend(wcodec_encoder *encoder, const char *name);

// Encodes a tensor to a blob, which has neither name nor checksum: for whom keeps both himself.
//
// # Safety
// There is what the tensor says, and `blob` has room for a buffer.
wcodec_status wcodec_encoder_encode(const wcodec_encoder *encoder,
                                    const wcodec_tensor *tensor,
                                    wcodec_buffer *blob);

// Compresses a tensor to an archive of its own, with checksums, which `wcodec_model_open_memory`
// opens.
//
// # Safety
// As `wcodec_encoder_encode`.
wcodec_status wcodec_encoder_compress(const wcodec_encoder *encoder,
                                      const wcodec_tensor *tensor,
                                      wcodec_buffer *archive);

// Frees an encoder.
//
// # Safety
// It is NULL, or an encoder that nothing uses.
void wcodec_encoder_free(wcodec_encoder *encoder);

// Opens the NVIDIA GPU of this ordinal in its primary context, the one that the CUDA runtime and
// PyTorch use.
//
// # Safety
// `gpu` has room for a pointer.
wcodec_status wcodec_gpu_open(uint32_t ordinal, wcodec_gpu **gpu);

// Uses a context of the caller's, a `CUcontext`.
//
// # Safety
// The context outlives the GPU and all that is made with it; `gpu` has room for a pointer.
wcodec_status wcodec_gpu_from_context(void *context, wcodec_gpu **gpu);

// The name of a GPU, such as "NVIDIA H200"; the text lives as long as the GPU. NULL for NULL.
//
// # Safety
// `gpu` is NULL, or open.
const char *wcodec_gpu_name(const wcodec_gpu *gpu);

// Brings tensors of a model's archives, or rows of them, to device memory of the caller's, and
// returns when they are there. They are written after all earlier work on `stream`, which the host
// does not wait for. `progress` may be NULL. One load of a GPU runs at a time; others wait.
//
// After an error the memory holds nothing of use.
//
// # Safety
// There are as many targets; at the address of each there are as many bytes on the GPU as it has;
// none overlap, and nothing else uses them meanwhile but for what was started on `stream` before,
// a stream of the GPU's context.
wcodec_status wcodec_gpu_load(const wcodec_gpu *gpu,
                              const wcodec_model *model,
                              const wcodec_load_target *targets,
                              size_t count,
                              void *stream,
                              wcodec_progress progress,
                              void *data);

// Frees a GPU. Matrices that were packed on it stay.
//
// # Safety
// It is NULL, or an open GPU that nothing uses.
void wcodec_gpu_free(wcodec_gpu *gpu);

// The defaults, to be changed.
//
// # Safety
// `limits` has room for a pointer.
wcodec_status wcodec_limits_new(wcodec_limits **limits);

// Sets a limit, a `wcodec_limit`. A file that exceeds one is refused with
// WCODEC_STATUS_LIMIT_EXCEEDED.
//
// # Safety
// Nothing else uses the limits meanwhile.
wcodec_status wcodec_limits_set(wcodec_limits *limits, uint32_t limit, uint64_t most);

// Frees limits.
//
// # Safety
// They are NULL, or nothing uses them.
void wcodec_limits_free(wcodec_limits *limits);

// The number of strings in the `__metadata__` of a model's files: of two with one name the first
// file's is taken. 0 for NULL.
//
// # Safety
// `model` is NULL, or open.
size_t wcodec_model_metadata_count(const wcodec_model *model);

// The string of a number below `wcodec_model_metadata_count`, in the order of the names.
//
// # Safety
// `entry` has room for an entry.
wcodec_status wcodec_model_metadata(const wcodec_model *model,
                                    size_t number,
                                    wcodec_metadata_entry *entry);

// Opens a model: a .wcodec or safetensors file, or a folder of them, of which the index is followed
// where it has one. Only headers are read; archives keep to the limits, which may be NULL.
//
// # Safety
// `location` ends with NUL, and `model` has room for a pointer.
wcodec_status wcodec_model_open(const char *location,
                                const wcodec_limits *limits,
                                wcodec_model **model);

// Opens an archive that lies in memory, which is not copied, and keeps to the limits, which may be
// NULL.
//
// # Safety
// There are as many bytes, which nothing changes before the model is freed; `model` has room for a
// pointer.
wcodec_status wcodec_model_open_memory(const void *data,
                                       size_t length,
                                       const wcodec_limits *limits,
                                       wcodec_model **model);

// The number of tensors in a model; 0 for NULL.
//
// # Safety
// `model` is NULL, or open.
size_t wcodec_model_tensor_count(const wcodec_model *model);

// The number of the tensor of a name of `name_length` bytes.
//
// # Safety
// There are as many bytes, and `number` has room for a number.
wcodec_status wcodec_model_find(const wcodec_model *model,
                                const char *name,
                                size_t name_length,
                                size_t *number);

// The tensor of a number below `wcodec_model_tensor_count`.
//
// # Safety
// `info` has room for an info.
wcodec_status wcodec_model_tensor(const wcodec_model *model,
                                  size_t number,
                                  wcodec_tensor_info *info);

// The extents of a tensor, outermost first; `rank` is that of its info.
//
// # Safety
// `shape` has room for as many numbers.
wcodec_status wcodec_model_shape(const wcodec_model *model,
                                 size_t number,
                                 uint64_t *shape,
                                 size_t rank);

// Decodes a tensor to `length` bytes from `data` on: its `byte_length`.
//
// # Safety
// There are as many bytes, which nothing else uses meanwhile.
wcodec_status wcodec_model_decode(const wcodec_model *model,
                                  size_t number,
                                  const wcodec_decoder *decoder,
                                  void *data,
                                  size_t length);

// Decodes the rows from `first` to before `end`, indices of the first dimension, reading no more
// than the tiles that hold them.
//
// # Safety
// As `wcodec_model_decode`.
wcodec_status wcodec_model_decode_rows(const wcodec_model *model,
                                       size_t number,
                                       uint64_t first,
                                       uint64_t end,
                                       const wcodec_decoder *decoder,
                                       void *data,
                                       size_t length);

// Frees a model.
//
// # Safety
// It is NULL, or an open model that nothing uses.
void wcodec_model_free(wcodec_model *model);

// Makes experts of matrices of one shape, all on one GPU or all in host memory. The matrices can be
// freed afterwards: the experts share their memory on a GPU, and have copies otherwise.
//
// # Safety
// There are as many matrices; `experts` has room for a pointer.
wcodec_status wcodec_experts_new(const wcodec_packed *const *matrices,
                                 size_t count,
                                 wcodec_experts **experts);

// Starts to multiply: row i of y is that of the expert which number i names with row i / k of x,
// where y has k times as many rows as x. `numbers` is the address of 32-bit numbers, one for each
// row of y, on a GPU in its memory. A number that no expert has leaves a row as it is on a GPU, and
// makes it zero in host memory.
//
// # Safety
// As `wcodec_packed_multiply`, and the numbers are there.
wcodec_status wcodec_experts_multiply(const wcodec_experts *experts,
                                      const wcodec_rows *x,
                                      uint64_t numbers,
                                      const wcodec_rows *y,
                                      void *stream);

// Frees experts.
//
// # Safety
// They are NULL, or nothing uses them, work on a stream neither.
void wcodec_experts_free(wcodec_experts *experts);

// The sizes of a packed matrix.
//
// # Safety
// `info` has room for an info.
wcodec_status wcodec_packed_get_info(const wcodec_packed *matrix, wcodec_packed_info *info);

// Frees a packed matrix.
//
// # Safety
// It is NULL, or a matrix that nothing uses, work on a stream neither.
void wcodec_packed_free(wcodec_packed *matrix);

// Packs weights in a form, a `wcodec_form`, or whole where that would not make them smaller. On a
// GPU they are read after all earlier work on `stream`; returns when they are packed.
//
// # Safety
// The weights are there; `stream` is one of the GPU's context; `matrix` has room for a pointer.
wcodec_status wcodec_packed_pack(const wcodec_gpu *gpu,
                                 const wcodec_rows *weights,
                                 uint32_t form,
                                 void *stream,
                                 wcodec_packed **matrix);

// Packs a BF16 tensor of a model, or a part of it: all dimensions but the last are rows. `part` may
// be NULL. On a GPU the tensor has to lie in an archive, and is decoded there.
//
// # Safety
// `matrix` has room for a pointer.
wcodec_status wcodec_packed_from_model(const wcodec_gpu *gpu,
                                       const wcodec_model *model,
                                       size_t number,
                                       const wcodec_part *part,
                                       uint32_t form,
                                       wcodec_packed **matrix);

// Starts to multiply the rows of `x` by each of the matrices, all on one GPU or all in host memory:
// one launch for up to four of one form. On a GPU nothing is allocated, copied or waited for, so
// that it can be captured in a graph.
//
// Each number is summed up in F32 in an order that depends on nothing but the number of columns: a
// row of y is the same whatever other rows, or matrices, are multiplied with it.
//
// # Safety
// There are as many products; `x` and each bias are readable by work on `stream`, a stream of the
// matrices' context, each y is writable and overlaps nothing else, and no matrix is freed, all of
// that until the work is done.
wcodec_status wcodec_packed_multiply(const wcodec_product *products,
                                     size_t count,
                                     const wcodec_rows *x,
                                     void *stream);

// Rows of x up to which `wcodec_packed_multiply` is the faster way; with more it is
// `wcodec_packed_multiply_any`, which unpacks. UINT64_MAX in host memory, 0 for NULL.
//
// # Safety
// `matrix` is NULL, or packed.
uint64_t wcodec_packed_most_rows(const wcodec_packed *matrix);

// Starts to multiply the rows of `x`, however many: by the packed matrix up to
// `wcodec_packed_most_rows`, and with more by pieces that are unpacked to the workspace (an address
// of the device, 16-byte aligned, of at least 32 bytes a column; 64 MiB and more are fastest), for
// each of which `dense` is called. Then sums are taken as `dense` takes them.
//
// # Safety
// As `wcodec_packed_multiply`; the workspace is writable by work on `stream` until the work is done;
// `dense` may be called with `data`.
wcodec_status wcodec_packed_multiply_any(const wcodec_product *product,
                                         const wcodec_rows *x,
                                         uint64_t workspace,
                                         uint64_t workspace_length,
                                         wcodec_dense dense,
                                         void *data,
                                         void *stream);

// Saves a matrix as it lies, with a version and a checksum.
//
// # Safety
// `saved` has room for a buffer.
wcodec_status wcodec_packed_save(const wcodec_packed *matrix, wcodec_buffer *saved);

// Loads a matrix that was saved, by whatever device; all of it is checked first.
//
// # Safety
// There are as many bytes; `matrix` has room for a pointer.
wcodec_status wcodec_packed_load(const wcodec_gpu *gpu,
                                 const void *data,
                                 size_t length,
                                 wcodec_packed **matrix);

// Starts to unpack the rows from `first` to before `end`, to the bit, to rows of `out`. On a GPU
// `first` is a multiple of 16, and so is `end`, unless it is the number of rows; nothing is
// allocated or waited for.
//
// # Safety
// `out` is writable by work on `stream`, a stream of the matrix's context, until that is done; the
// matrix is not freed before.
wcodec_status wcodec_packed_unpack(const wcodec_packed *matrix,
                                   uint64_t first,
                                   uint64_t end,
                                   const wcodec_rows *out,
                                   void *stream);

// The bytes at the beginning of a blob that a plan is made from.
//
// # Safety
// There are as many bytes, the whole blob, and `length` has room for a number.
wcodec_status wcodec_blob_front_length(const void *blob, size_t blob_length, uint64_t *length);

// Bytes of device memory that decoding a blob takes beside the decoded tensor.
//
// # Safety
// There are as many bytes, the whole blob, and `length` has room for a number.
wcodec_status wcodec_blob_scratch_length(const void *blob, size_t blob_length, uint64_t *length);

// Plans to decode blobs.
//
// # Safety
// There are as many tensors, and their fronts; `plan` has room for a pointer.
wcodec_status wcodec_plan_new(const wcodec_gpu *gpu,
                              const wcodec_planned *tensors,
                              size_t count,
                              wcodec_plan **plan);

// Bytes of the workspace that a plan takes on the device; 0 for NULL.
//
// # Safety
// `plan` is NULL, or was made.
uint64_t wcodec_plan_workspace_length(const wcodec_plan *plan);

// Starts to copy a plan to its workspace on the device, without waiting.
//
// # Safety
// `workspace` is the device address, a multiple of 256, of as many bytes as the plan takes, which
// nothing else uses until the work on `stream`, a stream of the GPU's context, is done. The plan is
// not freed before.
wcodec_status wcodec_plan_upload(const wcodec_plan *plan, uint64_t workspace, void *stream);

// Starts to decode all blobs of a plan: nothing is allocated, copied or waited for.
//
// # Safety
// The workspace holds the plan (`wcodec_plan_upload`), the blobs lie where the plan says, and there
// is room for what they decode to and for scratch, which nothing else uses, all of that until the
// work on `stream` is done.
wcodec_status wcodec_plan_launch(const wcodec_plan *plan, uint64_t workspace, void *stream);

// The part of the workspace that tells, after decoding, whether all tiles were intact: copy its
// `length` bytes from `offset` on to the host, and give them to `wcodec_plan_check`.
//
// # Safety
// `offset` and `length` have room for numbers.
wcodec_status wcodec_plan_statuses(const wcodec_plan *plan, uint64_t *offset, uint64_t *length);

// Returns WCODEC_STATUS_CORRUPT, with a message that names blob and tile, where some tile was not
// intact.
//
// # Safety
// There are as many bytes.
wcodec_status wcodec_plan_check(const wcodec_plan *plan, const void *statuses, size_t length);

// Frees a plan.
//
// # Safety
// It is NULL, or nothing uses it, work on a stream neither.
void wcodec_plan_free(wcodec_plan *plan);

// The stable code of a status, such as "no_such_tensor"; "other" for a number that is none.
const char *wcodec_status_code(int32_t status);

// Begins an archive of these tensors, which appears at `target` when it is finished. Where something
// is there already, `replace` says that it is replaced.
//
// # Safety
// There are as many tensors and metadata as is said, `target` ends with NUL, and `writer` has room
// for a pointer.
wcodec_status wcodec_writer_create(const char *target,
                                   const wcodec_tensor_spec *tensors,
                                   size_t tensor_count,
                                   const wcodec_metadata *metadata,
                                   size_t metadata_count,
                                   bool replace,
                                   wcodec_writer **writer);

// Encodes the next tensor and writes it; tensors come in the order in which they were announced.
// After an error other than WCODEC_STATUS_INVALID_ARGUMENT the archive cannot be finished.
//
// # Safety
// There is what the tensor says, and nothing else uses the writer meanwhile.
wcodec_status wcodec_writer_append(wcodec_writer *writer,
                                   const wcodec_encoder *encoder,
                                   const wcodec_tensor *tensor);

// Finishes the archive, which gets its name. The writer is still to be freed.
//
// # Safety
// Nothing else uses the writer meanwhile.
wcodec_status wcodec_writer_finish(wcodec_writer *writer);

// Frees a writer. An archive that was not finished is given up, and leaves no file.
//
// # Safety
// It is NULL, or a writer that nothing uses.
void wcodec_writer_free(wcodec_writer *writer);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* WCODEC_H */
