//! Tells the crate when it is compiled without optimisation. Each value of each inlined function
//! then has a place of its own on the stack, megabytes in all, so that inlining is not forced.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(unoptimized)");
    if std::env::var_os("OPT_LEVEL").is_some_and(|level| level == "0") {
        println!("cargo::rustc-cfg=unoptimized");
    }
}
