//! Why a text could not be read.

use crate::Error;

/// The text is at fault, or something else is, such as a limit or the memory.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The fault in the text.
    Unsound(String),
    /// The other failure.
    Failed(Error),
}

impl Fault {
    /// The error, made by `unsound` where the text is at fault.
    pub fn into_error(self, unsound: impl FnOnce(String) -> Error) -> Error {
        match self {
            Self::Unsound(reason) => unsound(reason),
            Self::Failed(error) => error,
        }
    }

    /// Says where in the text the fault lies.
    pub fn within(self, place: impl FnOnce() -> String) -> Self {
        match self {
            Self::Unsound(reason) => Self::Unsound(format!("{}: {reason}", place())),
            Self::Failed(error) => Self::Failed(error),
        }
    }
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self::Unsound(reason)
    }
}

impl From<&str> for Fault {
    fn from(reason: &str) -> Self {
        Self::Unsound(reason.to_owned())
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
