//! The kinds of errors, for programs: stable codes, and whether the data is at fault.

use super::Error;

impl Error {
    /// A name for the kind of error that programs may depend on: messages change, these do not.
    ///
    /// | code | variant |
    /// |---|---|
    /// | `io` | [`Error::Io`] |
    /// | `wrong_format` | [`Error::WrongFormat`] |
    /// | `unsupported_version` | [`Error::UnsupportedVersion`] |
    /// | `unreleased_version` | [`Error::UnreleasedVersion`] |
    /// | `unknown_feature` | [`Error::UnknownFeature`] |
    /// | `truncated` | [`Error::Truncated`] |
    /// | `trailing_data` | [`Error::TrailingData`] |
    /// | `changed` | [`Error::Changed`] |
    /// | `corrupt` | [`Error::Corrupt`] |
    /// | `limit_exceeded` | [`Error::LimitExceeded`] |
    /// | `invalid_argument` | [`Error::InvalidArgument`] |
    /// | `no_such_tensor` | [`Error::NoSuchTensor`] |
    /// | `duplicate_tensor` | [`Error::DuplicateTensor`] |
    /// | `absent_shards` | [`Error::AbsentShards`] |
    /// | `stored_elsewhere` | [`Error::StoredElsewhere`] |
    /// | `base_needed` | [`Error::BaseNeeded`] |
    /// | `output_exists` | [`Error::OutputExists`] |
    /// | `no_gpu` | [`Error::NoGpu`] |
    /// | `gpu` | [`Error::Gpu`] |
    /// | `cancelled` | [`Error::Cancelled`] |
    /// | `out_of_memory` | [`Error::OutOfMemory`] |
    /// | `threads` | [`Error::Threads`] |
    /// | `panicked` | [`Error::Panicked`] |
    pub fn code(&self) -> &'static str {
        match self {
            Error::Io { .. } => "io",
            Error::WrongFormat { .. } => "wrong_format",
            Error::UnsupportedVersion { .. } => "unsupported_version",
            Error::UnreleasedVersion { .. } => "unreleased_version",
            Error::UnknownFeature { .. } => "unknown_feature",
            Error::Truncated { .. } => "truncated",
            Error::TrailingData { .. } => "trailing_data",
            Error::Changed { .. } => "changed",
            Error::Corrupt { .. } => "corrupt",
            Error::LimitExceeded { .. } => "limit_exceeded",
            Error::InvalidArgument(_) => "invalid_argument",
            Error::NoSuchTensor { .. } => "no_such_tensor",
            Error::DuplicateTensor { .. } => "duplicate_tensor",
            Error::AbsentShards { .. } => "absent_shards",
            Error::StoredElsewhere { .. } => "stored_elsewhere",
            Error::BaseNeeded { .. } => "base_needed",
            Error::OutputExists { .. } => "output_exists",
            Error::NoGpu { .. } => "no_gpu",
            Error::Gpu { .. } => "gpu",
            Error::Cancelled => "cancelled",
            Error::OutOfMemory { .. } => "out_of_memory",
            Error::Threads { .. } => "threads",
            Error::Panicked { .. } => "panicked",
        }
    }

    /// Returns whether the data is at fault, not the machine or the caller: the command line's exit
    /// status 1. Data beyond a limit may be intact.
    pub fn is_bad_data(&self) -> bool {
        matches!(
            self,
            Error::WrongFormat { .. }
                | Error::UnsupportedVersion { .. }
                | Error::UnreleasedVersion { .. }
                | Error::UnknownFeature { .. }
                | Error::Truncated { .. }
                | Error::TrailingData { .. }
                | Error::Corrupt { .. }
                | Error::DuplicateTensor { .. }
                | Error::AbsentShards { .. }
                | Error::StoredElsewhere { .. }
        )
    }
}
