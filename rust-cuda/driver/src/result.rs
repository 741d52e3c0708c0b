//! The driver's result codes.

use crate::abi::CUresult;

/// No driver, or no GPU that it could drive.
pub const CUDA_ERROR_NO_DEVICE: CUresult = 100;
/// A name was not found: here, the driver is too old for the function that was called.
pub const CUDA_ERROR_NOT_FOUND: CUresult = 500;
/// Something that the caller has no name for.
pub const CUDA_ERROR_UNKNOWN: CUresult = 999;

/// `code`, if the enum `cudaError_enum` of `cust_raw` 0.11 has it, or else
/// `CUDA_ERROR_UNKNOWN`.
///
/// `cust` declares the driver's functions to return that enum, and an enum with a value that
/// it does not list is undefined behaviour. Newer drivers do return further codes.
pub const fn known_to_cust(code: CUresult) -> CUresult {
    match code {
        0..=8
        | 34
        | 100..=102
        | 200..=202
        | 205..=224
        | 300..=304
        | 400..=401
        | 500
        | 600
        | 700..=705
        | 708..=720
        | 800..=809
        | 900..=911 => code,
        _ => CUDA_ERROR_UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_every_run_of_known_codes_pass() {
        let ends = [
            0, 8, 34, 100, 102, 200, 202, 205, 224, 300, 304, 400, 401, 500, 600, 700, 705, 708,
            720, 800, 809, 900, 911, 999,
        ];
        for code in ends {
            assert_eq!(known_to_cust(code), code);
        }
    }

    #[test]
    fn their_neighbours_become_unknown() {
        let neighbours = [
            9, 33, 35, 99, 103, 199, 203, 204, 225, 299, 305, 399, 402, 499, 501, 599, 601, 699,
            706, 707, 721, 799, 810, 899, 912, 998, 1000,
        ];
        for code in neighbours.into_iter().chain([u32::MAX]) {
            assert_eq!(known_to_cust(code), CUDA_ERROR_UNKNOWN, "{code}");
        }
    }
}
