//! The kernels' PTX, as the build packed it into the program.

use crate::{Error, Result};
use miniz_oxide::inflate::decompress_to_vec_zlib;

/// Kernels that are compiled, and loaded, together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Image {
    /// The kernels that decode.
    Decode,
    /// The kernels that encode.
    Encode,
    /// The kernels of packed matrices.
    Packed,
}

macro_rules! packed {
    ($image:literal, $target:literal) => {
        ($target, include_bytes!(concat!(env!("OUT_DIR"), "/", $image, "_sm_", $target, ".ptx.z")))
    };
}

/// Ten times the compute capability that kernels are compiled for, and their PTX as a zlib stream.
type Variant = (u32, &'static [u8]);

/// The kernels for each target that they are compiled for, the newest first.
const DECODE: [Variant; 2] = [packed!("kernels", 80), packed!("kernels", 75)];
const ENCODE: [Variant; 2] = [packed!("encode", 80), packed!("encode", 75)];
const PACKED: [Variant; 3] = [packed!("packed", 90), packed!("packed", 80), packed!("packed", 75)];

impl Image {
    /// All images.
    pub const ALL: [Self; 3] = [Self::Decode, Self::Encode, Self::Packed];

    const fn variants(self) -> &'static [Variant] {
        match self {
            Self::Decode => &DECODE,
            Self::Encode => &ENCODE,
            Self::Packed => &PACKED,
        }
    }
}

/// The newest target that a device of this compute capability (times ten) supports.
pub fn best_target(capability: u32) -> Option<u32> {
    variant(Image::Decode, capability).map(|(target, _)| target)
}

/// The PTX for a device of this compute capability (times ten).
pub fn for_device(image: Image, capability: u32) -> Result<String> {
    let (_, packed) = variant(image, capability).ok_or_else(|| Error::NoGpu {
        reason: format!(
            "its compute capability is {}.{}, 7.5 or newer is needed",
            capability / 10,
            capability % 10
        ),
    })?;
    unpack(packed)
}

fn variant(image: Image, capability: u32) -> Option<Variant> {
    image.variants().iter().copied().find(|(target, _)| *target <= capability)
}

fn unpack(packed: &[u8]) -> Result<String> {
    let failed = |reason: String| Error::Gpu { action: "unpack the kernels", reason };
    let bytes = decompress_to_vec_zlib(packed).map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! compiled {
        ($image:literal, $target:literal) => {
            include_str!(concat!(env!("OUT_DIR"), "/", $image, "_sm_", $target, ".ptx"))
        };
    }

    #[test]
    fn what_is_packed_is_what_was_compiled() {
        let decode = [compiled!("kernels", 80), compiled!("kernels", 75)];
        let encode = [compiled!("encode", 80), compiled!("encode", 75)];
        let packed = [compiled!("packed", 90), compiled!("packed", 80), compiled!("packed", 75)];
        let images = [
            (Image::Decode, &decode[..]),
            (Image::Encode, &encode[..]),
            (Image::Packed, &packed[..]),
        ];
        for (image, compiled) in images {
            assert_eq!(image.variants().len(), compiled.len());
            for ((target, packed), compiled) in image.variants().iter().zip(compiled) {
                assert!(unpack(packed).unwrap() == *compiled, "sm_{target}");
                assert!(compiled.contains(&format!(".target sm_{target}")), "sm_{target}");
            }
        }
    }

    /// The bytes of all variants in the program.
    #[test]
    fn the_kernels_take_less_than_two_megabytes() {
        let bytes: usize = Image::ALL
            .iter()
            .flat_map(|image| image.variants())
            .map(|(_, packed)| packed.len())
            .sum();
        println!("{bytes} bytes of packed PTX");
        assert!(bytes <= 2_000_000, "{bytes} bytes of packed PTX");
    }

    #[test]
    fn a_device_gets_the_newest_that_it_supports() {
        let expected =
            [(61, None), (75, Some(75)), (79, Some(75)), (89, Some(80)), (120, Some(80))];
        for (capability, target) in expected {
            assert_eq!(best_target(capability), target, "{capability}");
        }
        assert!(matches!(for_device(Image::Packed, 61), Err(Error::NoGpu { .. })));
    }
}
