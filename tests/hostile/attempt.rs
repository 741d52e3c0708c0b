//! Reading a file that may be anything, all of it.

use allocation_counter::measure;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use support::cpu;
use tempfile::TempDir;
use wcodec::{Archive, Decoder, Error, Result, SafetensorsFile};

/// A folder for files that are read once, and what reads them.
pub struct Attempt {
    _folder: TempDir,
    path: PathBuf,
    file: File,
    decoder: Decoder,
}

/// The refusal of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub message: String,
}

impl Attempt {
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("hostile");
        fs::write(&path, b"").expect("a file");
        // One file, changed in place: thousands of new ones would keep the disk busy.
        let file = OpenOptions::new().write(true).open(&path).expect("the file");
        Self { _folder: folder, path, file, decoder: cpu() }
    }

    /// Puts these bytes there without reading them.
    pub fn put(&self, bytes: &[u8]) {
        self.file.set_len(bytes.len() as u64).expect("a file can be cut");
        self.change(0, bytes);
    }

    /// Overwrites some bytes.
    pub fn change(&self, offset: usize, bytes: &[u8]) {
        self.file.write_all_at(bytes, offset as u64).expect("a file can be written");
    }

    /// Cuts the file, or makes it longer by zeros.
    pub fn set_len(&self, len: usize) {
        self.file.set_len(len as u64).expect("a file can be cut");
    }

    /// Reads an archive to the last byte, as `wcodec verify` does.
    pub fn read(&self, bytes: &[u8]) -> std::result::Result<(), Refusal> {
        self.put(bytes);
        self.again()
    }

    /// Reads the bytes from memory and by a reader, to the same end as from the file.
    fn check_elsewhere(&self, bytes: &[u8], read: &std::result::Result<(), Refusal>) {
        let expected = read.as_ref().map_err(|refusal| refusal.code);
        for (archive, place) in [
            (Archive::from_bytes(bytes.to_vec()), "<memory>"),
            (Archive::from_reader(bytes.to_vec()), "<reader>"),
        ] {
            let read = archive.and_then(|archive| self.verify(&archive));
            let read = read.map_err(|error| refusal(&error, place).code);
            assert_eq!(read, expected.copied(), "{place}");
        }
    }

    /// Reads what is there.
    pub fn again(&self) -> std::result::Result<(), Refusal> {
        let read = Archive::open(&self.path).and_then(|archive| self.verify(&archive));
        read.map_err(|error| self.refusal(&error))
    }

    /// Opens a safetensors file.
    pub fn read_safetensors(&self, bytes: &[u8]) -> std::result::Result<(), Refusal> {
        self.put(bytes);
        SafetensorsFile::open(&self.path).map(drop).map_err(|error| self.refusal(&error))
    }

    /// An archive is refused with this code, and less than this memory.
    #[track_caller]
    pub fn refuses(&self, what: &str, bytes: &[u8], code: &str, most_memory: u64) {
        self.put(bytes);
        let mut refusal = Ok(());
        let taken = measure(|| refusal = self.again());
        self.check_elsewhere(bytes, &refusal);
        self.check(what, refusal, code);
        assert!(taken.bytes_total <= most_memory, "{what}: {} bytes", taken.bytes_total);
    }

    #[track_caller]
    pub fn check(&self, what: &str, read: std::result::Result<(), Refusal>, code: &str) {
        match read {
            Ok(()) => panic!("{what}: accepted"),
            Err(refusal) => assert_eq!(refusal.code, code, "{what}: {}", refusal.message),
        }
    }

    fn verify(&self, archive: &Archive) -> Result<()> {
        archive.decode_all(&self.decoder).try_for_each(|tensor| tensor.map(drop))
    }

    fn refusal(&self, error: &Error) -> Refusal {
        refusal(error, &self.path.display().to_string())
    }
}

/// An error about a file names it, and is the data's fault, a limit, or that it does not decode alone.
fn refusal(error: &Error, place: &str) -> Refusal {
    let message = error.to_string();
    let known = error.is_bad_data() || matches!(error.code(), "limit_exceeded" | "base_needed");
    assert!(known, "{message}");
    assert!(message.contains(place), "{message}");
    Refusal { code: error.code(), message }
}
