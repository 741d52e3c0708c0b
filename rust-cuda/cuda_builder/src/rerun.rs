//! The files that cargo watches: after a change to any of them, the build script runs again.

use std::{env, fs, path::Path};

/// Watches the kernel crate: its manifest and its source, new and deleted files included.
pub fn watch(krate: &Path) {
    for part in ["Cargo.toml", "build.rs", "src"] {
        watch_path(&krate.join(part));
    }
}

/// Watches the source of the local crates that the kernels depend on, which cargo lists in
/// `.d` files beside what it built: `output: source source ...`.
pub fn watch_dependencies(release_dir: &Path) {
    let Ok(entries) = fs::read_dir(release_dir) else { return };
    let lists = entries.flatten().map(|entry| entry.path());
    for list in lists.filter(|path| path.extension().is_some_and(|extension| extension == "d")) {
        let text = fs::read_to_string(list).unwrap_or_default();
        for source in text.lines().filter_map(|line| line.split_once(": ")).flat_map(sources) {
            watch_path(Path::new(&source));
        }
    }
}

/// The paths in a line of a `.d` file, in which a backslash escapes a space within a path.
fn sources((_output, sources): (&str, &str)) -> Vec<String> {
    let escaped = sources.replace("\\ ", "\0");
    escaped.split_whitespace().map(|source| source.replace('\0', " ")).collect()
}

/// Tells cargo, if it is cargo that runs us: only a build script has `HOST`.
fn watch_path(path: &Path) {
    if env::var_os("HOST").is_some() && path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::sources;

    #[test]
    fn a_space_within_a_path_does_not_end_it() {
        assert_eq!(sources(("", r"/a/b.rs /my\ crate/c.rs")), ["/a/b.rs", "/my crate/c.rs"]);
    }
}
