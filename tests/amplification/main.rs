//! The cost of a byte of a file from a stranger, at the default limits: the table of
//! SECURITY.md. Each input is the worst known one of its kind; a test fails where a factor becomes
//! twice the table's.

mod bases;
mod cost;
mod opening;
mod planning;
mod sources;
