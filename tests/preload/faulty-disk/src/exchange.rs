//! File systems that cannot exchange two names. The call is made without the C library, so the
//! kernel is told to refuse it.

use libc::{sock_filter, sock_fprog};
use std::env;

#[used]
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = refuse_if_asked;

extern "C" fn refuse_if_asked() {
    if env::var_os("FAULTY_EXCHANGE").is_some() {
        refuse();
    }
}

const fn step(code: u32, k: u32, otherwise: u8) -> sock_filter {
    sock_filter { code: code as u16, jt: 0, jf: otherwise, k }
}

/// Makes `renameat2` fail as on such a file system if `RENAME_EXCHANGE` is asked for.
fn refuse() {
    const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    const EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    const RETURN: u32 = libc::BPF_RET | libc::BPF_K;
    // The low half of the fifth argument, on little-endian machines.
    const FLAGS: u32 = 16 + 4 * 8;
    let mut steps = [
        step(LOAD, 0, 0),
        step(EQUAL, libc::SYS_renameat2 as u32, 3),
        step(LOAD, FLAGS, 0),
        step(EQUAL, libc::RENAME_EXCHANGE, 1),
        step(RETURN, libc::SECCOMP_RET_ERRNO | libc::EINVAL as u32, 0),
        step(RETURN, libc::SECCOMP_RET_ALLOW, 0),
    ];
    let program = sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
    // SAFETY: the kernel copies the program, which is live, and whose length is that of the array.
    let refused = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
            || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) != 0
    };
    assert!(!refused, "the kernel takes no filter");
}
