//! The kernels' PTX, as the build packed it into the program.

use crate::{Error, Result};
use miniz_oxide::inflate::decompress_to_vec_zlib;

macro_rules! packed {
    ($target:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/kernels_sm_", $target, ".ptx.z")).as_slice()
    };
}

/// The kernels for each target that they are compiled for, the newest first: ten times the compute
/// capability, and the PTX as a zlib stream.
const VARIANTS: [(u32, &[u8]); 2] = [(80, packed!(80)), (75, packed!(75))];

/// The newest target that a device of this compute capability (times ten) supports.
pub fn best_target(capability: u32) -> Option<u32> {
    variant(capability).map(|(target, _)| target)
}

/// The PTX for a device of this compute capability (times ten).
pub fn for_device(capability: u32) -> Result<String> {
    let (_, packed) = variant(capability).ok_or_else(|| Error::NoGpu {
        reason: format!(
            "its compute capability is {}.{}, 7.5 or newer is needed",
            capability / 10,
            capability % 10
        ),
    })?;
    unpack(packed)
}

fn variant(capability: u32) -> Option<(u32, &'static [u8])> {
    VARIANTS.into_iter().find(|(target, _)| *target <= capability)
}

fn unpack(packed: &[u8]) -> Result<String> {
    let failed = |reason: String| Error::Gpu { action: "unpack the kernels", reason };
    let bytes = decompress_to_vec_zlib(packed).map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_what_was_compiled() {
        let compiled = [
            include_str!(concat!(env!("OUT_DIR"), "/kernels_sm_80.ptx")),
            include_str!(concat!(env!("OUT_DIR"), "/kernels_sm_75.ptx")),
        ];
        for ((target, packed), compiled) in VARIANTS.into_iter().zip(compiled) {
            assert!(unpack(packed).unwrap() == compiled, "sm_{target}");
            assert!(compiled.contains(&format!(".target sm_{target}")), "sm_{target}");
        }
    }

    /// What is in the program of all variants together.
    #[test]
    fn the_kernels_take_less_than_two_megabytes() {
        let bytes: usize = VARIANTS.iter().map(|(_, packed)| packed.len()).sum();
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
        assert!(matches!(for_device(61), Err(Error::NoGpu { .. })));
    }
}
