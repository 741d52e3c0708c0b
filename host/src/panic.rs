//! Panics, which are bugs of this crate, as errors for those who call it.

use crate::{Error, Result, threads};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`, which is to do `action`; a panic in it, or in a thread that it had help, is an error.
///
/// No caller sees what it left: what `work` writes to holds nothing of use after an error.
///
/// # Errors
/// That of `work`; [`Error::Panicked`]; [`Error::Threads`] where the work could not be shared out.
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
