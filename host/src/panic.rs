//! Panics, which are bugs of this crate, turned into errors for callers.

use crate::{Error, Result, threads};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`, named `action` in messages; a panic in it, or in a thread that helps it, is an
/// error.
///
/// After an error the output of `work` holds nothing of use.
///
/// # Errors
/// Errors of `work`; [`Error::Panicked`]; [`Error::Threads`] where no worker threads can be
/// started.
pub(crate) fn catch_panic<T>(action: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    threads::check()?;
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let reason = text(payload.as_ref()).to_owned();
        Err(Error::Panicked { action, reason })
    })
}

fn text(payload: &(dyn Any + Send)) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned.or(payload.downcast_ref().copied()).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::catch_panic;
    use rayon::prelude::*;

    #[test]
    fn a_worker_that_panics_is_an_error() {
        let work = || {
            (0..100).into_par_iter().for_each(|tile| assert!(tile != 70, "tile {tile}"));
            Ok(())
        };
        let error = catch_panic("decode", work).unwrap_err();
        assert_eq!(error.code(), "panicked");
        assert!(error.to_string().contains("decode") && error.to_string().contains("tile 70"));
        assert!(catch_panic("decode", || Ok(1)).is_ok());
    }
}
