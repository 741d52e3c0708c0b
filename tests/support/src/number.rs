//! Numbers that the environment may set for tests.

use std::env;

/// A number from the environment, which must then be one.
pub fn number(name: &str, default: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")),
        Err(_) => default,
    }
}
