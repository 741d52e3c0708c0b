//! A deflate stream.

/// The most bytes that it may expand to.
const MOST: usize = 1 << 16;

/// The library's inflater and the reference's agree on what is a stream, and on its bytes.
pub fn run(data: &[u8]) {
    let theirs = miniz_oxide::inflate::decompress_to_vec_with_limit(data, MOST);
    match theirs {
        Ok(bytes) => {
            let end = stream_len(data, &bytes);
            let ours = reference::inflate(&data[..end], bytes.len());
            assert!(ours.as_ref() == Ok(&bytes), "only the reference refuses it: {ours:?}");
        }
        Err(error) if error.output.len() < MOST => {
            for length in [error.output.len(), 0, 1, MOST] {
                assert!(reference::inflate(data, length).is_err(), "only the library refuses it");
            }
        }
        Err(_) => {}
    }
}

/// The bytes that the stream of `expanded` takes of `data`, which may go on.
fn stream_len(data: &[u8], expanded: &[u8]) -> usize {
    use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut out = vec![0; expanded.len()];
    decompress(&mut DecompressorOxide::new(), data, &mut out, 0, flags).1
}
