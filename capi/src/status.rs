//! What became of a call.

use std::ffi::{CStr, c_char};
use wcodec::Error;

/// What became of a call. Numbers keep their meaning from version to version, and new ones come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub enum wcodec_status {
    /// It succeeded.
    Ok = 0,
    /// The system refused to read, write or create something.
    Io = 1,
    /// The file is of another format.
    WrongFormat = 2,
    /// The file is of a version that this library is too old for.
    UnsupportedVersion = 3,
    /// The file is of a version that was never released.
    UnreleasedVersion = 4,
    /// The file has something that this library is too old for.
    UnknownFeature = 5,
    /// The file ends too early.
    Truncated = 6,
    /// The file goes on after its end.
    TrailingData = 7,
    /// The file was changed while it was read.
    Changed = 8,
    /// The file is damaged.
    Corrupt = 9,
    /// The file exceeds a limit.
    LimitExceeded = 10,
    /// An argument does not fit.
    InvalidArgument = 11,
    /// There is no tensor of this name.
    NoSuchTensor = 12,
    /// Two files of a model have a tensor of one name.
    DuplicateTensor = 13,
    /// An index names files that are not there.
    AbsentShards = 14,
    /// Other files have bytes of this file's tensors, and cannot be read.
    StoredElsewhere = 15,
    /// The output exists, and is not to be replaced.
    OutputExists = 16,
    /// There is no such GPU, or no driver.
    NoGpu = 17,
    /// The GPU's driver reports an error.
    Gpu = 18,
    /// The caller cancelled it.
    Cancelled = 19,
    /// There is too little memory, on the host or on the GPU.
    OutOfMemory = 20,
    /// The system gives no threads.
    Threads = 21,
    /// A fault of this library: please report it.
    Panicked = 22,
    /// A tensor is coded against one of a base, which was not given, or is another.
    BaseNeeded = 23,
    /// An error that this version of the interface has no number for: see the message.
    Other = 255,
}

/// Every status with the library's own stable code, NUL-terminated.
const CODES: [(wcodec_status, &CStr); 25] = {
    use wcodec_status::*;
    [
        (Ok, c"ok"),
        (Io, c"io"),
        (WrongFormat, c"wrong_format"),
        (UnsupportedVersion, c"unsupported_version"),
        (UnreleasedVersion, c"unreleased_version"),
        (UnknownFeature, c"unknown_feature"),
        (Truncated, c"truncated"),
        (TrailingData, c"trailing_data"),
        (Changed, c"changed"),
        (Corrupt, c"corrupt"),
        (LimitExceeded, c"limit_exceeded"),
        (InvalidArgument, c"invalid_argument"),
        (NoSuchTensor, c"no_such_tensor"),
        (DuplicateTensor, c"duplicate_tensor"),
        (AbsentShards, c"absent_shards"),
        (StoredElsewhere, c"stored_elsewhere"),
        (OutputExists, c"output_exists"),
        (NoGpu, c"no_gpu"),
        (Gpu, c"gpu"),
        (Cancelled, c"cancelled"),
        (OutOfMemory, c"out_of_memory"),
        (Threads, c"threads"),
        (Panicked, c"panicked"),
        (BaseNeeded, c"base_needed"),
        (Other, c"other"),
    ]
};

impl wcodec_status {
    /// The status of an error.
    pub fn of(error: &Error) -> Self {
        let code = error.code();
        let found = CODES.iter().find(|(_, text)| text.to_bytes() == code.as_bytes());
        found.map_or(Self::Other, |&(status, _)| status)
    }
}

/// The stable code of a status, such as "no_such_tensor"; "other" for a number that is none.
#[unsafe(no_mangle)]
pub extern "C" fn wcodec_status_code(status: i32) -> *const c_char {
    let found = CODES.iter().find(|&&(known, _)| known as i32 == status);
    found.map_or(c"other", |&(_, text)| text).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes of the library, from its source.
    fn codes_of_the_library() -> Vec<String> {
        let source = include_str!("../../host/src/error/kind.rs");
        let arms = source.lines().filter_map(|line| line.trim().strip_prefix("Error::"));
        let quoted =
            arms.filter_map(|arm| arm.split_once("=> \"")?.1.split_once("\",").map(|p| p.0));
        quoted.map(str::to_owned).collect()
    }

    #[test]
    fn every_code_of_the_library_has_a_status() {
        let codes = codes_of_the_library();
        assert!(codes.len() >= 22, "{codes:?}");
        for code in codes {
            assert!(CODES.iter().any(|(_, text)| text.to_bytes() == code.as_bytes()), "{code}");
        }
    }

    #[test]
    fn an_error_has_the_status_of_its_code() {
        assert_eq!(wcodec_status::of(&Error::Cancelled), wcodec_status::Cancelled);
        let error = Error::InvalidArgument(String::new());
        assert_eq!(wcodec_status::of(&error), wcodec_status::InvalidArgument);
    }
}
