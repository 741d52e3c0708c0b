//! The entropy coders, by name.

/// The coder of a plane codec's symbols. Both have the same tables and the same words of lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum EntropyCoder {
    /// Tabled asymmetric numeral systems (FORMAT.md section 6.2): a step is a look-up and shifts.
    #[default]
    Tans,
    /// Range asymmetric numeral systems (FORMAT.md section 6.4): a step is a look-up and a
    /// multiplication.
    Rans,
}
