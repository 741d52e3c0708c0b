//! What decodes: the backends of the CPU, and a GPU or the reason why there is none.

use crate::{COULD_NOT, DONE, done, folder_with_archive, wcodec};
use support::program::stderr;
use tempfile::TempDir;

#[test]
fn the_environment_chooses_the_warp() {
    let folder = folder_with_archive();
    let verify = |warp: &str| {
        let arguments = ["verify", "model.wcodec", "--device", "cpu"];
        wcodec(folder.path(), &arguments).env("WCODEC_CPU", warp).output().unwrap()
    };
    for warp in wcodec::CpuBackend::all() {
        let said = stderr(&verify(warp.name()));
        assert!(said.contains(&format!("CPU ({})", warp.name())), "{said}");
    }
    for unknown in ["", "AVX2", "avx9"] {
        let output = verify(unknown);
        assert_eq!(output.status.code(), Some(COULD_NOT), "{unknown:?}");
        assert!(stderr(&output).contains("this CPU can run"), "{}", stderr(&output));
    }
}

#[test]
fn gpu_always_has_an_answer() {
    let output = done(TempDir::new().unwrap().path(), &["gpu"]);
    assert!(!output.stdout.is_empty());
}

#[test]
fn a_machine_without_a_gpu_says_so() {
    let folder = folder_with_archive();
    // The driver hides its devices from a process with this set, so that this holds on any machine.
    let without = |arguments: &[&str]| {
        let mut command = wcodec(folder.path(), arguments);
        command.env("CUDA_VISIBLE_DEVICES", "").output().unwrap()
    };
    let output = without(&["-v", "verify", "model.wcodec", "--device", "auto"]);
    assert_eq!(output.status.code(), Some(DONE));
    let said = stderr(&output);
    assert!(
        said.contains("decoded on the CPU (") && said.contains("no usable NVIDIA GPU"),
        "{said}"
    );
    for device in ["cuda", "cuda:0", "cuda:7"] {
        let output = without(&["verify", "model.wcodec", "--device", device]);
        assert_eq!(output.status.code(), Some(COULD_NOT), "{}", stderr(&output));
        assert!(stderr(&output).contains("no usable NVIDIA GPU"), "{}", stderr(&output));
    }
}
