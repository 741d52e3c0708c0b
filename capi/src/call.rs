//! The frame of every call: its status, and the message of its error.

use crate::status::wcodec_status;
use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use wcodec::Result;

thread_local! {
    /// What was wrong with the last call of this thread that failed.
    static LAST_ERROR: RefCell<CString> = RefCell::new(CString::default());
}

/// Runs the body of a call; an error, or a panic, becomes its status and the thread's last error.
pub fn call(body: impl FnOnce() -> Result<()>) -> wcodec_status {
    // What a panic leaves half done is in objects whose locks are then poisoned.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => wcodec_status::Ok,
        Ok(Err(error)) => {
            remember(&error.to_string());
            wcodec_status::of(&error)
        }
        Err(panic) => {
            remember(&format!("a fault of wcodec, please report it: {}", text_of(&*panic)));
            wcodec_status::Panicked
        }
    }
}

fn remember(message: &str) {
    // Names of files and tensors are escaped in messages, so that there is no NUL.
    let message = CString::new(message.replace('\0', "\\0")).unwrap_or_default();
    LAST_ERROR.set(message);
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// What was wrong with the last call of this thread that failed: what, where, and what to do. Empty
/// where none has. The text is UTF-8, and stays until another call of this thread fails.
#[unsafe(no_mangle)]
pub extern "C" fn wcodec_last_error() -> *const c_char {
    LAST_ERROR.with_borrow(|message| message.as_ptr())
}

/// The version of this library, such as "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn wcodec_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => panic!("a version has no NUL"),
        };
    VERSION.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wcodec::Error;

    fn last_error() -> String {
        // SAFETY: it is NUL-terminated, and no call fails meanwhile.
        unsafe { CStr::from_ptr(wcodec_last_error()) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn an_error_is_told() {
        assert_eq!(call(|| Ok(())), wcodec_status::Ok);
        assert_eq!(last_error(), "");
        let failed = call(|| Err(Error::InvalidArgument("four \0 legs".into())));
        assert_eq!(failed, wcodec_status::InvalidArgument);
        assert!(last_error().contains("four \\0 legs"), "{}", last_error());
        assert_eq!(call(|| Ok(())), wcodec_status::Ok);
        assert!(last_error().contains("four"), "a success forgets it");
    }

    #[test]
    fn a_panic_does_not_cross() {
        assert_eq!(call(|| panic!("of {} things", 3)), wcodec_status::Panicked);
        assert!(last_error().contains("of 3 things"), "{}", last_error());
    }
}
