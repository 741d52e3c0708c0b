//! The golden blobs, their places and their tensors. They are compiled in, so that a test can be
//! run where the source tree is not.

mod combination;
pub mod model;
pub mod packed;

pub use combination::Combination;
pub use packed::Packed;

/// All blobs one after another.
pub const BLOBS: &[u8] = include_bytes!("../../../golden/v2.bin");
/// The place of each, and its tensor.
pub const LIST: &str = include_str!("../../../golden/v2.txt");
/// A whole file.
pub const ARCHIVE: &[u8] = include_bytes!("../../../golden/v2.wcodec");
/// A file that carries another as it is.
pub const AS_IS: &[u8] = include_bytes!("../../../golden/v2-as-is.wcodec");
/// The files of a compressed folder, of which one has tensors that lie in the other.
pub const FOLDER: [(&str, &[u8]); 2] = [
    ("a.wcodec", include_bytes!("../../../golden/v2-folder/a.wcodec")),
    ("deep/b.wcodec", include_bytes!("../../../golden/v2-folder/deep/b.wcodec")),
];

/// A file whose tensors are coded against those of the first of these.
pub const AGAINST: &[u8] = include_bytes!("../../../golden/v2-against.wcodec");

/// Each blob and its combination.
pub fn pairs() -> impl Iterator<Item = (Combination, Packed)> {
    let combinations = Combination::all();
    Packed::all().into_iter().map(move |blob| {
        let combination = combinations.iter().find(|combination| combination.name() == blob.name);
        (*combination.unwrap_or_else(|| panic!("{} is no combination", blob.name)), blob)
    })
}
