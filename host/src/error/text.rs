//! Parts of the messages that depend on the error of the system, or on a count.

use std::io;
use std::path::Path;

/// The error of the system in one of `tempfile`, which names a temporary file that no user knows.
pub(super) fn of_the_system(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((said, _)) if error.get_ref().is_some() => io::Error::new(error.kind(), said),
        _ => error,
    }
}

/// Says that a list goes on after its first entry.
pub(super) fn and_more(count: usize) -> String {
    match count.saturating_sub(1) {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}

/// What to do about an error of the system that does not say it.
pub(super) fn advice(action: &str, path: &Path, source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::NotFound if action == "create" => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            match folder.filter(|folder| !folder.exists()) {
                Some(folder) => format!("; make the folder {} first", folder.display()),
                None => String::new(),
            }
        }
        io::ErrorKind::DirectoryNotEmpty => {
            "; move away what is in it, or choose another name".to_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::Error;
    use std::io;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_folder_that_is_not_empty() {
        const ENOTEMPTY: i32 = 39;
        let error = Error::io("create", "out")(io::Error::from_raw_os_error(ENOTEMPTY));
        let said = error.to_string();
        assert!(said.contains("out: ") && said.contains("move away what is in it"), "{said}");
    }
}
