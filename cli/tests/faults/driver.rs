//! Drivers and GPUs that are of no use: asked for one, the program says why not; left to choose, it
//! takes the CPU and says why.

use crate::program::{COULD_NOT, DONE, library, stderr, wcodec};
use std::fs;
use std::process::Output;
use support::safetensors_source::{put, small_model};
use tempfile::TempDir;

/// An archive, and a library that is found in the place of the driver.
struct Machine {
    folder: TempDir,
}

impl Machine {
    fn with(driver: &str) -> Self {
        let folder = TempDir::new().unwrap();
        put(folder.path(), "a.safetensors", &small_model());
        let compress = wcodec(folder.path(), &["-q", "compress", "a.safetensors"]).status();
        assert_eq!(compress.unwrap().code(), Some(DONE));
        fs::copy(library(driver), folder.path().join("libcuda.so.1")).unwrap();
        Self { folder }
    }

    fn run(&self, kind: &str, arguments: &[&str]) -> Output {
        let mut command = wcodec(self.folder.path(), arguments);
        command.env("LD_LIBRARY_PATH", self.folder.path()).env("FAKE_DRIVER", kind);
        command.output().unwrap()
    }

    /// Asked for a GPU it fails and says `said`, otherwise it falls back and says the same.
    fn is_of_no_use(&self, kind: &str, said: &str) {
        let asked = self.run(kind, &["verify", "a.wcodec", "--device", "cuda"]);
        assert_eq!(asked.status.code(), Some(COULD_NOT), "{kind}: {}", stderr(&asked));
        assert!(stderr(&asked).contains(said), "{kind}: {}", stderr(&asked));
        // The reason stands in the log, which `-v` shows.
        let auto = self.run(kind, &["-v", "verify", "a.wcodec"]);
        assert_eq!(auto.status.code(), Some(DONE), "{kind}: {}", stderr(&auto));
        for said in ["decoded on the CPU (", said] {
            assert!(stderr(&auto).contains(said), "{kind}: {}", stderr(&auto));
        }
        let gpu = self.run(kind, &["gpu"]);
        assert_eq!(gpu.status.code(), Some(DONE), "{kind}: {}", stderr(&gpu));
    }
}

#[test]
fn a_driver_without_the_needed_functions() {
    // A library, but no driver.
    Machine::with("faulty_disk").is_of_no_use("", "lacks a function");
}

#[test]
fn a_file_that_is_no_library() {
    let machine = Machine::with("fake_driver");
    fs::write(machine.folder.path().join("libcuda.so.1"), b"no library").unwrap();
    machine.is_of_no_use("", "no NVIDIA driver: libcuda.so.1 could not be loaded");
}

#[test]
fn no_device_or_none_that_works() {
    let machine = Machine::with("fake_driver");
    machine.is_of_no_use("fails", "operation not permitted");
    machine.is_of_no_use("from_the_future", "unknown error");
    machine.is_of_no_use("no_device", "no CUDA-capable device");
    machine.is_of_no_use("none", "the driver knows no device");
    machine.is_of_no_use("old", "its compute capability is 6.1, 7.5 or newer is needed");
    machine.is_of_no_use("no_context", "out of memory");
    machine.is_of_no_use("ptx_refused", "failed to load the kernels");
}

/// It opens, so that it is the device in use; a later failure is an error, not a reason to use
/// another.
#[test]
fn a_device_without_memory() {
    let machine = Machine::with("fake_driver");
    for device in ["cuda", "auto"] {
        let output = machine.run("full", &["verify", "a.wcodec", "--device", device]);
        assert_eq!(output.status.code(), Some(COULD_NOT), "{}", stderr(&output));
        assert!(stderr(&output).contains("out of memory"), "{}", stderr(&output));
    }
}
