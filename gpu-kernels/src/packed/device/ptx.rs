//! Instructions that `cuda_std` has no name for; all `asm!` of the kernels of packed matrices
//! stands here.

use core::arch::asm;

/// Adds the product of a fragment of 16 × 16 weights and one of 16 × 8 elements of x to 16 × 8
/// sums.
///
/// Lane `4 g + t` gives the weights of rows `g` and `g + 8` as [`wcodec_codec::packed::fragment`]
/// says, and four elements of row `g` of x, those of the same columns. Its sums are those of rows
/// `g`, `g`, `g + 8` and `g + 8` of the matrix with rows `2 t`, `2 t + 1`, `2 t` and `2 t + 1` of
/// x.
///
/// All lanes of the warp call it.
#[cfg(target_feature = "sm_80")]
#[inline(always)]
pub fn multiply_accumulate(sums: &mut [f32; 4], weights: [u32; 4], x: [u32; 2]) {
    let [a, b, c, d] = sums;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 \
             {{{a}, {b}, {c}, {d}}}, {{{w0}, {w1}, {w2}, {w3}}}, {{{x0}, {x1}}}, \
             {{{a}, {b}, {c}, {d}}};",
            a = inout(reg32) *a, b = inout(reg32) *b, c = inout(reg32) *c, d = inout(reg32) *d,
            w0 = in(reg32) weights[0], w1 = in(reg32) weights[1],
            w2 = in(reg32) weights[2], w3 = in(reg32) weights[3],
            x0 = in(reg32) x[0], x1 = in(reg32) x[1],
            options(nomem, nostack, preserves_flags)
        );
    }
}

/// Two BF16 numbers, each multiplied by its like. The addend is -0, which changes nothing.
#[cfg(target_feature = "sm_80")]
#[inline(always)]
pub fn multiply_bf16(a: u32, b: u32) -> u32 {
    let result: u32;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!("fma.rn.bf16x2 {}, {}, {}, {};", out(reg32) result, in(reg32) a, in(reg32) b,
            in(reg32) 0x8000_8000u32, options(pure, nomem, nostack, preserves_flags));
    }
    result
}

/// Lets the next kernel of the stream begin, if it was launched so as not to wait for this one.
/// What it may do before it calls [`wait_for_previous_kernel`] is its own affair.
#[inline(always)]
pub fn let_next_kernel_begin() {
    #[cfg(target_feature = "sm_90")]
    // SAFETY: it only schedules.
    unsafe {
        asm!("griddepcontrol.launch_dependents;", options(nomem, nostack, preserves_flags));
    }
}

/// Waits until the kernel before this one in the stream is done, and sees what it wrote.
#[inline(always)]
pub fn wait_for_previous_kernel() {
    #[cfg(target_feature = "sm_90")]
    // SAFETY: it only waits.
    unsafe {
        asm!("griddepcontrol.wait;", options(nostack, preserves_flags));
    }
}

/// The address of a generic pointer inside shared memory.
#[inline(always)]
pub fn shared_address(pointer: *mut u32) -> u32 {
    let address: u64;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!("cvta.to.shared.u64 {}, {};", out(reg64) address, in(reg64) pointer,
            options(pure, nomem, nostack, preserves_flags));
    }
    address as u32
}

/// Waits until all of the block's first `THREADS` threads have come here, and sees what they wrote.
#[cfg(target_feature = "sm_90")]
#[inline(always)]
pub fn sync_first<const THREADS: u32>() {
    // SAFETY: it only waits.
    unsafe { asm!("bar.sync 1, {};", const THREADS, options(nostack, preserves_flags)) };
}

/// Starts to copy 16 bytes to shared memory, or zeros where `is_there` is not.
///
/// # Safety
/// Both addresses are multiples of 16, there is room at the shared one, and there are the bytes at
/// the other if `is_there` says so.
#[cfg(target_feature = "sm_90")]
#[inline(always)]
pub unsafe fn start_copy(shared: u32, global: u64, is_there: bool) {
    let bytes = if is_there { 16u32 } else { 0 };
    // SAFETY: the caller's condition.
    unsafe {
        asm!("cp.async.cg.shared.global [{}], [{}], 16, {};", in(reg32) shared, in(reg64) global,
            in(reg32) bytes, options(nostack, preserves_flags));
    }
}

/// Ends a group of copies that the thread started.
#[cfg(target_feature = "sm_90")]
#[inline(always)]
pub fn end_copies() {
    // SAFETY: it only counts.
    unsafe { asm!("cp.async.commit_group;", options(nostack, preserves_flags)) };
}

/// Waits until all but the last group of the thread's copies are done.
#[cfg(target_feature = "sm_90")]
#[inline(always)]
pub fn wait_for_copies() {
    // SAFETY: it only waits.
    unsafe { asm!("cp.async.wait_group 1;", options(nostack, preserves_flags)) };
}

/// Waits until all threads of the cluster have come here, and sees what they wrote to shared
/// memory.
#[cfg(target_feature = "sm_90")]
#[inline(always)]
pub fn sync_cluster() {
    // SAFETY: it only waits.
    unsafe {
        asm!(
            "barrier.cluster.arrive.release.aligned;",
            "barrier.cluster.wait.acquire.aligned;",
            options(nostack, preserves_flags)
        );
    }
}

/// Reads four F32 numbers of the shared memory of a block of the cluster.
///
/// # Safety
/// There are such numbers at the address of that block, a multiple of 16; the block is running.
#[cfg(target_feature = "sm_90")]
#[inline(always)]
pub unsafe fn load_of_cluster(address: u32, block: u32) -> [f32; 4] {
    let there: u32;
    let (a, b, c, d): (f32, f32, f32, f32);
    // SAFETY: the caller's condition.
    unsafe {
        asm!("mapa.shared::cluster.u32 {}, {}, {};", out(reg32) there, in(reg32) address,
            in(reg32) block, options(pure, nomem, nostack, preserves_flags));
        asm!("ld.shared::cluster.v4.f32 {{{}, {}, {}, {}}}, [{}];", out(reg32) a, out(reg32) b,
            out(reg32) c, out(reg32) d, in(reg32) there,
            options(readonly, nostack, preserves_flags));
    }
    [a, b, c, d]
}

/// Reads four F32 numbers of shared memory.
///
/// # Safety
/// There are such numbers at the address, a multiple of 16.
#[inline(always)]
pub unsafe fn load_shared_f32x4(address: u32) -> [f32; 4] {
    let (a, b, c, d): (f32, f32, f32, f32);
    // SAFETY: the caller's condition.
    unsafe {
        asm!("ld.shared.v4.f32 {{{}, {}, {}, {}}}, [{}];", out(reg32) a, out(reg32) b,
            out(reg32) c, out(reg32) d, in(reg32) address,
            options(readonly, nostack, preserves_flags));
    }
    [a, b, c, d]
}

/// Reads 16 bytes of shared memory.
///
/// # Safety
/// There are 16 bytes at the address, a multiple of 16.
#[cfg(target_feature = "sm_90")]
#[inline(always)]
pub unsafe fn load_shared_wide(address: u32) -> [u32; 4] {
    let (a, b, c, d): (u32, u32, u32, u32);
    // SAFETY: the caller's condition.
    unsafe {
        asm!("ld.shared.v4.u32 {{{}, {}, {}, {}}}, [{}];", out(reg32) a, out(reg32) b,
            out(reg32) c, out(reg32) d, in(reg32) address,
            options(readonly, nostack, preserves_flags));
    }
    [a, b, c, d]
}

/// Reads and writes of memory.
macro_rules! accesses {
    ($($(#[$doc:meta])* $name:ident, $instruction:literal,
        ($($input:ident: $type:ty),*) -> ($($output:ident: $result:ty),*);)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// There is such memory at the address, which is aligned to what is read or written.
        #[inline(always)]
        pub unsafe fn $name($($input: $type),*) -> accesses!(@results $($result)*) {
            accesses!(@body $instruction, ($($input)*), ($($output: $result)*))
        }
    )*};
    (@results) => { () };
    (@results $result:ty) => { $result };
    (@results $result:ty, $($more:ty),*) => { ($result, $($more),*) };
    (@body $instruction:literal, ($($input:ident)*), ()) => {
        // SAFETY: the caller's condition.
        unsafe {
            asm!($instruction, $($input = in(reg32) $input,)* options(nostack, preserves_flags))
        }
    };
    (@body $instruction:literal, ($($input:ident)*), ($output:ident: $result:ty)) => {{
        let $output: $result;
        // SAFETY: the caller's condition.
        unsafe { asm!($instruction, $output = out(reg32) $output, $($input = in(reg32) $input,)*
            options(nostack, preserves_flags)) }
        $output
    }};
}

accesses! {
    /// Writes an F32 number to shared memory.
    store_shared_f32, "st.shared.f32 [{address}], {value};", (address: u32, value: f32) -> ();
    /// Reads a word of shared memory.
    load_shared, "ld.shared.u32 {value}, [{address}];", (address: u32) -> (value: u32);
    /// Writes a word to shared memory.
    store_shared, "st.shared.u32 [{address}], {value};", (address: u32, value: u32) -> ();
    /// Adds to a word of shared memory, at once with all other threads' additions.
    add_shared, "red.shared.add.u32 [{address}], {value};", (address: u32, value: u32) -> ();
}

/// Reads 16 bytes that are read once: they go past the first-level cache, and memory is asked for
/// 256 bytes at a time. Not `.nc`, which `ptxas` 13.0 was seen to move after the wait for the
/// previous kernel.
///
/// # Safety
/// There are 16 bytes at the address, a multiple of 16.
#[inline(always)]
pub unsafe fn load_streamed(address: u64) -> [u32; 4] {
    #[cfg(target_feature = "sm_80")]
    {
        let (a, b, c, d): (u32, u32, u32, u32);
        // SAFETY: the caller's condition.
        unsafe {
            asm!("ld.global.L1::no_allocate.L2::256B.v4.u32 {{{}, {}, {}, {}}}, [{}];",
                out(reg32) a, out(reg32) b, out(reg32) c, out(reg32) d, in(reg64) address,
                options(readonly, nostack, preserves_flags));
        }
        [a, b, c, d]
    }
    #[cfg(not(target_feature = "sm_80"))]
    // SAFETY: the caller's condition.
    unsafe {
        load_global(address)
    }
}

/// Reads 16 bytes.
///
/// # Safety
/// There are 16 bytes at the address, a multiple of 16.
#[inline(always)]
pub unsafe fn load_global(address: u64) -> [u32; 4] {
    let (a, b, c, d): (u32, u32, u32, u32);
    // SAFETY: the caller's condition.
    unsafe {
        asm!("ld.global.v4.u32 {{{}, {}, {}, {}}}, [{}];", out(reg32) a, out(reg32) b,
            out(reg32) c, out(reg32) d, in(reg64) address,
            options(readonly, nostack, preserves_flags));
    }
    [a, b, c, d]
}

/// Writes 16 bytes.
///
/// # Safety
/// There is room for 16 bytes at the address, a multiple of 16.
#[inline(always)]
pub unsafe fn store_global(address: u64, [a, b, c, d]: [u32; 4]) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("st.global.v4.u32 [{}], {{{}, {}, {}, {}}};", in(reg64) address, in(reg32) a,
            in(reg32) b, in(reg32) c, in(reg32) d, options(nostack, preserves_flags));
    }
}

/// Adds to a 64-bit number of global memory, at once with all other threads' additions.
///
/// # Safety
/// There is such a number at the address, a multiple of 8.
#[inline(always)]
pub unsafe fn add_global(address: u64, value: u64) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("red.global.add.u64 [{}], {};", in(reg64) address, in(reg64) value,
            options(nostack, preserves_flags));
    }
}
