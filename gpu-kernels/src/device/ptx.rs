//! Instructions that `cuda_std` has no name for; all of this crate's `asm!` stands here.

use core::arch::asm;

/// Selects four of the eight bytes of `low` and `high`: nibble `i` of `selector` names byte `i` of
/// the result.
#[inline(always)]
pub fn permute_bytes(low: u32, high: u32, selector: u32) -> u32 {
    let result: u32;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!("prmt.b32 {}, {}, {}, {};", out(reg32) result, in(reg32) low, in(reg32) high,
            in(reg32) selector, options(pure, nomem, nostack, preserves_flags));
    }
    result
}

/// Each byte rotated right by one bit. Not pure, so that where it is not wanted it is branched
/// around, not done and dropped.
#[inline(always)]
pub fn rotate_bytes_right(bytes: u32) -> u32 {
    let result: u32;
    // SAFETY: arithmetic on registers. 0xCA is "the second where the first has ones, otherwise the
    // third".
    unsafe {
        asm!("{{", ".reg .b32 up, down;", "shl.b32 up, {bytes}, 7;", "shr.u32 down, {bytes}, 1;",
            "lop3.b32 {result}, 0x80808080, up, down, 0xCA;", "}}", bytes = in(reg32) bytes,
            result = out(reg32) result, options(nomem, nostack, preserves_flags));
    }
    result
}

/// `high` shifted left by the lowest five bits of `bits`, the top bits of `low` moving in.
#[inline(always)]
pub fn funnel_shift_left(high: u32, low: u32, bits: u32) -> u32 {
    let result: u32;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!("shf.l.wrap.b32 {}, {}, {}, {};", out(reg32) result, in(reg32) low, in(reg32) high,
            in(reg32) bits, options(pure, nomem, nostack, preserves_flags));
    }
    result
}

/// `a · b + c`, of 32, 32 and 64 bits, by one instruction.
#[inline(always)]
pub fn multiply_add_wide(a: u32, b: u32, c: u64) -> u64 {
    let result: u64;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!("mad.wide.u32 {}, {}, {}, {};", out(reg64) result, in(reg32) a, in(reg32) b,
            in(reg64) c, options(pure, nomem, nostack, preserves_flags));
    }
    result
}

/// A value that is the same in all lanes, said so: branches on it need not provide for lanes that
/// part ways.
#[inline(always)]
pub fn uniform(value: u32) -> u32 {
    #[cfg(target_feature = "sm_80")]
    {
        let result: u32;
        // SAFETY: control flow is the same for all lanes of the warp.
        unsafe {
            asm!("redux.sync.or.b32 {}, {}, 0xffffffff;", out(reg32) result, in(reg32) value,
                options(nomem, nostack, preserves_flags));
        }
        result
    }
    #[cfg(not(target_feature = "sm_80"))]
    value
}

/// Moves the words of each lane for which bit 5 of `before` and `read` differ, the third one from
/// the ring: `position` is the place of the next one in bytes, of which those in `mask` count, and
/// `ring` the ring's shared address, which has none of those. `lanes_below` are the lanes below the
/// calling one. Gives the lanes that took a word as bits.
///
/// # Safety
/// The ring is the calling warp's own. All lanes of the warp call it.
#[inline(always)]
pub unsafe fn shift_in(
    before: u32,
    read: u32,
    words: &mut [u32; 3],
    position: u32,
    mask: u32,
    ring: u32,
    lanes_below: u32,
) -> u32 {
    let taking: u32;
    let [first, second, third] = words;
    // SAFETY: the caller's condition; the address is inside the ring whatever the position.
    unsafe {
        asm!(
            "{{",
            ".reg .pred takes;",
            ".reg .b32 bit, rank, address;",
            "xor.b32 bit, {before}, {read};",
            "and.b32 bit, bit, 32;",
            "setp.ne.u32 takes, bit, 0;",
            "vote.sync.ballot.b32 {taking}, takes, 0xffffffff;",
            "and.b32 rank, {taking}, {below};",
            "popc.b32 rank, rank;",
            "mad.lo.u32 address, rank, 4, {position};",
            "and.b32 address, address, {mask};",
            "or.b32 address, address, {ring};",
            "@takes mov.b32 {first}, {second};",
            "@takes mov.b32 {second}, {third};",
            "@takes ld.shared.b32 {third}, [address];",
            "}}",
            taking = out(reg32) taking,
            first = inout(reg32) *first,
            second = inout(reg32) *second,
            third = inout(reg32) *third,
            before = in(reg32) before,
            read = in(reg32) read,
            below = in(reg32) lanes_below,
            position = in(reg32) position,
            ring = in(reg32) ring,
            mask = in(reg32) mask,
            options(readonly, nostack, preserves_flags)
        );
    }
    taking
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

/// Reads 64 bits of shared memory.
///
/// # Safety
/// `address` is a multiple of 8, and inside the block's shared memory.
#[inline(always)]
pub unsafe fn load_shared_wide(address: u32) -> u64 {
    let value: u64;
    // SAFETY: the caller's condition.
    unsafe {
        asm!("ld.shared.u64 {}, [{}];", out(reg64) value, in(reg32) address,
            options(readonly, nostack, preserves_flags));
    }
    value
}

/// Writes 64 bits of shared memory.
///
/// # Safety
/// As [`load_shared_wide`].
#[inline(always)]
pub unsafe fn store_shared_wide(address: u32, value: u64) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("st.shared.u64 [{}], {};", in(reg32) address, in(reg64) value,
            options(nostack, preserves_flags));
    }
}

/// Writes four words of shared memory.
///
/// # Safety
/// `address` is 16-byte aligned and inside the block's shared memory.
#[inline(always)]
pub unsafe fn store_shared_4(address: u32, [a, b, c, d]: [u32; 4]) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("st.shared.v4.u32 [{}], {{{}, {}, {}, {}}};", in(reg32) address, in(reg32) a,
            in(reg32) b, in(reg32) c, in(reg32) d, options(nostack, preserves_flags));
    }
}

/// Begins to copy the first `count`, at most 16, of 16 bytes to shared memory, zeros standing in
/// for the others. Without the instruction (before sm_80) the copy is done at once.
///
/// What lies around it is wanted too, and memory is asked for 256 bytes at a time (`.L2::256B`, a
/// hint), which was measured to be faster.
///
/// # Safety
/// Both addresses are 16-byte aligned; `shared` has room for 16 bytes, and `global` has 16 unless
/// `count` is 0.
#[inline(always)]
pub unsafe fn copy_async_zeros_behind(shared: u32, global: u64, count: u32) {
    #[cfg(target_feature = "sm_80")]
    // SAFETY: the caller's condition; a copy of 0 bytes reads nothing.
    unsafe {
        asm!("cp.async.cg.shared.global.L2::256B [{}], [{}], 16, {};", in(reg32) shared, in(reg64) global,
            in(reg32) count, options(nostack, preserves_flags));
    }
    #[cfg(not(target_feature = "sm_80"))]
    // SAFETY: the caller's condition.
    unsafe {
        let [a, b, c, d] = if count > 0 { load_global_4(global) } else { [0; 4] };
        let (b, c) = (if count > 4 { b } else { 0 }, if count > 8 { c } else { 0 });
        let d = if count > 12 { d } else { 0 };
        store_shared_4(shared, [a, b, c, d]);
    }
}

/// Begins to copy 16 bytes to shared memory where `wanted`. Without the instruction (before sm_80)
/// the copy is done at once.
///
/// # Safety
/// Where `wanted`, both addresses are 16-byte aligned, `shared` has room for 16 bytes and `global`
/// has 16.
#[inline(always)]
pub unsafe fn copy_async_if(wanted: bool, shared: u32, global: u64) {
    #[cfg(target_feature = "sm_80")]
    // SAFETY: the caller's condition.
    unsafe {
        asm!("{{", ".reg .pred wanted;", "setp.ne.u32 wanted, {wanted}, 0;",
            "@wanted cp.async.cg.shared.global.L2::256B [{shared}], [{global}], 16;", "}}",
            wanted = in(reg32) u32::from(wanted), shared = in(reg32) shared,
            global = in(reg64) global, options(nostack, preserves_flags));
    }
    #[cfg(not(target_feature = "sm_80"))]
    // SAFETY: the caller's condition.
    unsafe {
        if wanted {
            store_shared_4(shared, load_global_4(global));
        }
    }
}

/// Closes the group of copies started since the last group.
#[inline(always)]
pub fn commit_copies() {
    #[cfg(target_feature = "sm_80")]
    // SAFETY: it only orders copies.
    unsafe {
        asm!("cp.async.commit_group;", options(nostack, preserves_flags));
    }
}

/// Waits for the calling thread's copies, but for the last `PENDING` groups.
#[inline(always)]
pub fn wait_for_copies<const PENDING: u32>() {
    #[cfg(target_feature = "sm_80")]
    // SAFETY: it only orders copies.
    unsafe {
        asm!("cp.async.wait_group {};", const PENDING, options(nostack, preserves_flags));
    }
}

/// Reads of shared and of global memory.
macro_rules! loads {
    ($($name:ident($address:ident: $class:ident) -> $type:ty, $instruction:literal, [$($word:ident),*], $result:expr;)*) => {$(
        #[doc = concat!("`", $instruction, "`")]
        ///
        /// # Safety
        /// The address is readable, and aligned to the size of the value.
        #[inline(always)]
        pub unsafe fn $name(address: $address) -> $type {
            $(let $word: u32;)*
            // SAFETY: the caller's condition.
            unsafe {
                asm!($instruction, $(out(reg32) $word,)* in($class) address,
                    options(readonly, nostack, preserves_flags));
            }
            $result
        }
    )*};
}

loads! {
    load_shared_byte(u32: reg32) -> u32, "ld.shared.u8 {}, [{}];", [a], a;
    load_shared_half(u32: reg32) -> u32, "ld.shared.u16 {}, [{}];", [a], a;
    load_shared(u32: reg32) -> u32, "ld.shared.u32 {}, [{}];", [a], a;
    load_shared_2(u32: reg32) -> [u32; 2], "ld.shared.v2.u32 {{{}, {}}}, [{}];", [a, b], [a, b];
    load_shared_4(u32: reg32) -> [u32; 4], "ld.shared.v4.u32 {{{}, {}, {}, {}}}, [{}];",
        [a, b, c, d], [a, b, c, d];
    load_global(u64: reg64) -> u32, "ld.global.u32 {}, [{}];", [a], a;
    load_global_4(u64: reg64) -> [u32; 4], "ld.global.v4.u32 {{{}, {}, {}, {}}}, [{}];",
        [a, b, c, d], [a, b, c, d];
}

/// Writes 16 bytes where `wanted`. The second-level cache is not told that they are of no more use
/// (`.cs`), which was measured to be slower.
///
/// # Safety
/// Where `wanted`, `address` is 16-byte aligned and writable.
#[inline(always)]
pub unsafe fn store_global_4_if(wanted: bool, address: u64, [a, b, c, d]: [u32; 4]) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("{{", ".reg .pred wanted;", "setp.ne.u32 wanted, {}, 0;",
            "@wanted st.global.v4.u32 [{}], {{{}, {}, {}, {}}};", "}}",
            in(reg32) u32::from(wanted), in(reg64) address, in(reg32) a, in(reg32) b, in(reg32) c,
            in(reg32) d, options(nostack, preserves_flags));
    }
}

/// Writes the first `count` of 16 bytes.
///
/// # Safety
/// `address` is writable for `count` bytes, at most 16.
#[inline(always)]
pub unsafe fn store_global_bytes(address: u64, mut words: [u32; 4], count: u32) {
    // The 16 bytes move down past the lowest, as an array that is indexed would not stay in
    // registers.
    for byte in 0..count {
        // SAFETY: the caller's condition.
        unsafe { *((address + u64::from(byte)) as *mut u8) = words[0] as u8 };
        words[0] = words[0] >> 8 | words[1] << 24;
        words[1] = words[1] >> 8 | words[2] << 24;
        words[2] = words[2] >> 8 | words[3] << 24;
        words[3] >>= 8;
    }
}

/// Atomically lowers the value at `address` to `value`.
///
/// # Safety
/// `address` is writable.
#[inline(always)]
pub unsafe fn lower_to(address: *mut u32, value: u32) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("red.global.min.u32 [{}], {};", in(reg64) address, in(reg32) value,
            options(nostack, preserves_flags));
    }
}
