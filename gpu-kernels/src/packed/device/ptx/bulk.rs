//! Copies by the copy engine, and the barriers that tell when they are there.

#[cfg(target_feature = "sm_90")]
use core::arch::asm;

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
