//! What a byte of a file from a stranger can cost, at the default limits: the table of
//! SECURITY.md. Each input is the worst that is known of its kind; a test fails where a factor
//! becomes twice what the table says.

mod cost;
mod headers;
mod opening;
mod planning;
mod sources;
