//! Reads and writes of shared memory.

use core::arch::asm;

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
