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

/// The number, of which the compiler knows nothing.
#[inline(always)]
pub fn unknown(mut number: u32) -> u32 {
    // SAFETY: it does nothing.
    unsafe { asm!("// {}", inout(reg32) number, options(nostack, preserves_flags)) };
    number
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

/// Makes a barrier that is passed after one arrival and all bytes that it was told to expect.
///
/// # Safety
/// There are 8 bytes of shared memory at the address, a multiple of 8, and no barrier yet.
#[cfg(target_feature = "sm_90")]
#[inline(always)]
pub unsafe fn make_barrier(address: u32) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("mbarrier.init.shared::cta.b64 [{}], 1;", in(reg32) address,
            options(nostack, preserves_flags));
    }
}

/// Lets the copy engine see the barriers that the thread made.
#[cfg(target_feature = "sm_90")]
#[inline(always)]
pub fn show_barriers() {
    // SAFETY: it only orders.
    unsafe {
        asm!(
            "fence.mbarrier_init.release.cluster;",
            "fence.proxy.async.shared::cta;",
            options(nostack, preserves_flags)
        );
    }
}

/// Has the copy engine write to shared memory after what the thread read and wrote there.
#[inline(always)]
pub fn order_shared_before_fetches() {
    #[cfg(target_feature = "sm_90")]
    // SAFETY: it only orders.
    unsafe {
        asm!("fence.proxy.async.shared::cta;", options(nostack, preserves_flags));
    }
}

/// Arrives at a barrier, and has it expect bytes.
///
/// # Safety
/// There is a barrier at the address, which expects nothing.
#[cfg(target_feature = "sm_90")]
#[inline(always)]
pub unsafe fn expect(barrier: u32, bytes: u32) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("mbarrier.arrive.expect_tx.shared::cta.b64 _, [{}], {};", in(reg32) barrier,
            in(reg32) bytes, options(nostack, preserves_flags));
    }
}

/// Has the copy engine fetch bytes to shared memory that a barrier expects.
///
/// # Safety
/// There are so many bytes at the global address, and room at the shared one; all are multiples of
/// 16.
#[cfg(target_feature = "sm_90")]
#[inline(always)]
pub unsafe fn fetch(target: u32, source: u64, bytes: u32, barrier: u32) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!(
            "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes \
             [{target}], [{source}], {bytes}, [{barrier}];",
            barrier = in(reg32) barrier, bytes = in(reg32) bytes, target = in(reg32) target,
            source = in(reg64) source, options(nostack, preserves_flags));
    }
}

/// Waits until a barrier was passed as often as makes its uses of this parity complete.
#[cfg(target_feature = "sm_90")]
#[inline(always)]
pub fn wait_for_barrier(barrier: u32, parity: u32) {
    let mut is_passed = 0u32;
    while is_passed == 0 {
        // SAFETY: it only waits.
        unsafe {
            asm!("{{", ".reg .pred passed;",
                "mbarrier.try_wait.parity.shared::cta.b64 passed, [{}], {};",
                "selp.u32 {}, 1, 0, passed;", "}}", in(reg32) barrier, in(reg32) parity,
                out(reg32) is_passed, options(nostack, preserves_flags));
        }
    }
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

/// Adds to a 32-bit number of global memory, at once with all other threads' additions, and gives
/// what it was.
///
/// # Safety
/// There is such a number at the address, a multiple of 4.
#[inline(always)]
pub unsafe fn exchange_add_global(address: u64, value: u32) -> u32 {
    let before: u32;
    // SAFETY: the caller's condition.
    unsafe {
        asm!("atom.global.add.u32 {}, [{}], {};", out(reg32) before, in(reg64) address,
            in(reg32) value, options(nostack, preserves_flags));
    }
    before
}

/// Replaces a 64-bit number of global memory, and gives what it was.
///
/// # Safety
/// There is such a number at the address, a multiple of 8.
#[inline(always)]
pub unsafe fn exchange_global(address: u64, value: u64) -> u64 {
    let before: u64;
    // SAFETY: the caller's condition.
    unsafe {
        asm!("atom.global.exch.b64 {}, [{}], {};", out(reg64) before, in(reg64) address,
            in(reg64) value, options(nostack, preserves_flags));
    }
    before
}

/// Has all threads of the device see what the thread wrote to global memory before what it writes
/// after this.
#[inline(always)]
pub fn order_global() {
    // SAFETY: it only orders.
    unsafe { asm!("membar.gl;", options(nostack, preserves_flags)) }
}
