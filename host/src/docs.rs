//! Documents about the whole: of the file format, of what is safe, and of what has changed.

/// [FORMAT.md]: crate::docs::format
/// [host/src/error/kind.rs]: crate::Error
///
#[doc = include_str!("../../SECURITY.md")]
pub mod security {}

#[doc = include_str!("../../FORMAT.md")]
pub mod format {}

/// [FORMAT.md]: crate::docs::format
///
#[doc = include_str!("../../CHANGELOG.md")]
pub mod changelog {}
