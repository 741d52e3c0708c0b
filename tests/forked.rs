//! A child of `fork` has none of its parent's threads: it can start its own, or is told what to do,
//! but never waits for them.
//!
//! Alone in its process, as what has been used before a fork matters.
#![cfg(target_os = "linux")]

use wcodec::{Blob, Decoder, DeviceChoice, Dtype, Encoder, Result, TensorView};

// Not 0, with which a child ends whose only thread does by a panic.
const WORKED: i32 = 6;
const WAS_TOLD: i32 = 7;
const FAILED: i32 = 8;

/// Runs `work` in a child, and gives the child's exit status; one that hangs is killed.
fn in_child(work: impl FnOnce() -> Result<()>) -> Option<i32> {
    // SAFETY: the child does nothing but `work` and ends at once; the C library makes its allocator
    // fit for use in it.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "no child");
    if child == 0 {
        // SAFETY: it takes a number; SIGALRM ends the child.
        unsafe { libc::alarm(60) };
        let status = match work() {
            Ok(()) => WORKED,
            Err(error) if error.code() == "threads" && error.to_string().contains("spawn") => {
                WAS_TOLD
            }
            Err(_) => FAILED,
        };
        // SAFETY: it ends the child without running what the parent has left to do.
        unsafe { libc::_exit(status) };
    }
    let mut status = 0;
    // SAFETY: the child is this process's own, and `status` a place for a number.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status))
}

fn data() -> Vec<u8> {
    (0..1u64 << 18).map(|i| (i * i % 23) as u8).collect()
}

fn encode() -> Result<Vec<u8>> {
    Encoder::new().encode(&TensorView::new(Dtype::I8, &[512, 512], &data())?)
}

fn decode(blob: &[u8]) -> Result<()> {
    let mut decoded = vec![0; 1 << 18];
    Decoder::open(DeviceChoice::Cpu)?.decode(&Blob::parse(blob)?, &mut decoded)?;
    assert!(decoded == data());
    Ok(())
}

#[test]
fn a_forked_child_works_or_is_told() {
    assert_eq!(in_child(|| decode(&encode()?)), Some(WORKED), "forked before the first use");

    // Somebody else's use of the threads, before wcodec's first.
    rayon::join(|| (), || ());
    assert_eq!(in_child(|| encode().map(drop)), Some(WAS_TOLD), "forked after rayon's first use");

    let blob = encode().unwrap();
    assert_eq!(in_child(|| decode(&blob)), Some(WAS_TOLD), "forked after a use");
    assert_eq!(in_child(|| encode().map(drop)), Some(WAS_TOLD), "forked after a use");
    decode(&blob).unwrap();
}
