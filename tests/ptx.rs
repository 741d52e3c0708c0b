//! Every kernel, assembled for every architecture that we say we support.
//!
//! The CPU tests run the kernels' source, but only an assembler can tell that the PTX is
//! valid, and what became of it: a kernel that spills registers, or keeps a stack, still gives
//! the right bytes, only at a fraction of the speed. No GPU is needed.

use support::cuda_tools::ptxas::{Kernel, assemble};
use wcodec_kernels::encode::launch as encode;
use wcodec_kernels::packed::launch::MultiplyKernel;

/// The PTX that the build made of the kernels that decode, with the architecture it was made for.
const VARIANTS: [(u32, &str); 2] = [
    (75, include_str!(concat!(env!("OUT_DIR"), "/kernels_sm_75.ptx"))),
    (80, include_str!(concat!(env!("OUT_DIR"), "/kernels_sm_80.ptx"))),
];

/// And of those that encode.
const ENCODE: [(u32, &str); 2] = [
    (75, include_str!(concat!(env!("OUT_DIR"), "/encode_sm_75.ptx"))),
    (80, include_str!(concat!(env!("OUT_DIR"), "/encode_sm_80.ptx"))),
];

/// And of those of packed matrices.
const PACKED: [(u32, &str); 3] = [
    (75, include_str!(concat!(env!("OUT_DIR"), "/packed_sm_75.ptx"))),
    (80, include_str!(concat!(env!("OUT_DIR"), "/packed_sm_80.ptx"))),
    (90, include_str!(concat!(env!("OUT_DIR"), "/packed_sm_90.ptx"))),
];

/// The GPUs assembled for. Each takes the newest PTX that it supports, as at run time.
const TARGETS: [u32; 5] = [75, 80, 90, 100, 120];

#[test]
fn every_kernel_assembles_without_spills_or_a_stack() {
    let mut faults = Vec::new();
    for target in TARGETS {
        for variants in [&VARIANTS[..], &ENCODE, &PACKED] {
            let (arch, ptx) = newest_for(target, variants);
            let kernels = assemble(ptx, target).kernels;
            assert!(!kernels.is_empty(), "the PTX for sm_{arch} holds no kernel");
            check(target, arch, &kernels, &mut faults);
        }
    }
    assert!(faults.is_empty(), "kernels that use local memory:\n{}", faults.join("\n"));
}

fn check(target: u32, arch: u32, kernels: &[Kernel], faults: &mut Vec<String>) {
    for kernel in kernels {
        println!("sm_{target:<4} from sm_{arch}: {kernel}");
        if kernel.uses_local_memory() {
            faults.push(format!("sm_{target}: {kernel}"));
        }
    }
}

/// A block whose threads have more registers than there are is not launched.
#[test]
fn blocks_that_multiply_have_their_registers() {
    for target in TARGETS {
        let (_, ptx) = newest_for(target, &PACKED);
        let kernels = assemble(ptx, target).kernels;
        let products = MultiplyKernel::for_capability(target);
        for known in products.chain(MultiplyKernel::experts_for_capability(target)) {
            let kernel = kernels.iter().find(|kernel| kernel.name == known.name);
            let kernel = kernel.unwrap_or_else(|| panic!("sm_{target}: no {}", known.name));
            // The device gives them out by eights.
            let registers = kernel.registers.next_multiple_of(8) * known.threads();
            assert!(registers <= 65536, "sm_{target}: {kernel}");
        }
        for known in wcodec_kernels::packed::launch::Kernel::ALL {
            assert!(kernels.iter().any(|kernel| kernel.name == known.name()), "{known:?}");
        }
    }
}

/// The host looks them up by name, and gives their blocks so many threads. (There are functions, too:
/// two kernels end in one of `core` where an index or a divisor would be wrong.)
#[test]
fn every_kernel_that_encodes_is_there() {
    for target in TARGETS {
        let (_, ptx) = newest_for(target, &ENCODE);
        let kernels = assemble(ptx, target).kernels;
        for known in encode::Kernel::ALL {
            let kernel = kernels.iter().find(|kernel| kernel.name == known.name());
            let kernel = kernel.unwrap_or_else(|| panic!("sm_{target}: no {}", known.name()));
            let registers = kernel.registers.next_multiple_of(8) * known.threads();
            assert!(registers <= 65536, "sm_{target}: {kernel}");
        }
    }
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
fn newest_for<'a>(target: u32, variants: &[(u32, &'a str)]) -> (u32, &'a str) {
    let supported = variants.iter().copied().filter(|(arch, _)| *arch <= target);
    supported.max_by_key(|(arch, _)| *arch).expect("the oldest variant runs on every target")
}
