//! A Hugging Face model folder: some files are converted, the others copied along.
//!
//! All commands share one view of a folder's content ([`Listing`]) and one plan for its files
//! ([`FolderPlan`]).

mod checkpoints;
mod compress_plan;
mod index;
mod listing;
mod manifest;
mod manifest_text;
mod output;
mod plan;
mod restore_plan;

pub use checkpoints::{archives_in, checkpoints_in};
pub(crate) use index::is_index;
pub(super) use listing::Listing;
pub use manifest::MANIFEST;
pub(super) use manifest::{FileKind, FolderManifest};
pub(super) use output::FolderOutput;
pub(super) use plan::{FolderPlan, PlannedFile};
