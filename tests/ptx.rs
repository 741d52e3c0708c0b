//! Every kernel, assembled for every architecture that we say we support.
//!
//! The CPU tests run the kernels' source, but only an assembler can tell that the PTX is
//! valid, and what became of it: a kernel that spills registers, or keeps a stack, still gives
//! the right bytes, only at a fraction of the speed. No GPU is needed.

use support::cuda_tools::ptxas::{Kernel, assemble};

/// The PTX that the build made, with the architecture it was made for.
const VARIANTS: [(u32, &str); 2] = [
    (75, include_str!(concat!(env!("OUT_DIR"), "/kernels_sm_75.ptx"))),
    (80, include_str!(concat!(env!("OUT_DIR"), "/kernels_sm_80.ptx"))),
];

/// The GPUs assembled for. Each takes the newest PTX that it supports, as at run time.
const TARGETS: [u32; 5] = [75, 80, 90, 100, 120];

#[test]
fn every_kernel_assembles_without_spills_or_a_stack() {
    let mut faults = Vec::new();
    for target in TARGETS {
        let (arch, ptx) = newest_for(target);
        let kernels = assemble(ptx, target).kernels;
        assert!(!kernels.is_empty(), "the PTX for sm_{arch} holds no kernel");
        for kernel in kernels {
            println!("sm_{target:<4} from sm_{arch}: {kernel}");
            if kernel.uses_local_memory() {
                faults.push(format!("sm_{target}: {kernel}"));
            }
        }
    }
    assert!(faults.is_empty(), "kernels that use local memory:\n{}", faults.join("\n"));
}

#[test]
fn every_variant_has_the_same_kernels() {
    let names = |(arch, ptx)| -> Vec<String> {
        assemble(ptx, arch).kernels.into_iter().map(|kernel| kernel.name).collect()
    };
    let [oldest, newer @ ..] = VARIANTS.map(names);
    for names in newer {
        assert_eq!(names, oldest);
    }
}

#[test]
fn a_stack_or_a_spill_in_the_report_is_seen() {
    let report = |figures: &str| {
        format!(
            "ptxas info    : Compiling entry function 'decode' for 'sm_80'\n\
             ptxas info    : Function properties for decode\n    {figures}\n\
             ptxas info    : Used 40 registers, used 1 barriers, 1056 bytes smem\n"
        )
    };
    let clean = report("0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads");
    let kernel = &Kernel::read_all(&clean)[0];
    assert_eq!((kernel.name.as_str(), kernel.registers, kernel.shared), ("decode", 40, 1056));
    assert!(!kernel.uses_local_memory());

    for figures in [
        "8 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads",
        "0 bytes stack frame, 4 bytes spill stores, 0 bytes spill loads",
        "0 bytes stack frame, 0 bytes spill stores, 12 bytes spill loads",
    ] {
        assert!(Kernel::read_all(&report(figures))[0].uses_local_memory(), "{figures}");
    }
}

/// The variant that a GPU of the architecture `target` runs.
fn newest_for(target: u32) -> (u32, &'static str) {
    let supported = VARIANTS.into_iter().filter(|(arch, _)| *arch <= target);
    supported.max_by_key(|(arch, _)| *arch).expect("the oldest variant runs on every target")
}
