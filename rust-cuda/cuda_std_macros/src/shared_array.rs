//! `shared_array!`.
//!
//! Stock rustc has no way to put a `static` into shared memory, so the array is declared in
//! assembly at the level of the PTX module and its address taken by name. Declared within the
//! function's own assembly instead, it would become another array wherever the compiler
//! copies that code, and threads on different copies would not see each other's data.

use crate::function::{error, is_punct, source};
use proc_macro::{Span, TokenStream, TokenTree};
use std::sync::atomic::{AtomicU32, Ordering};

/// Numbers the arrays of one crate; the compiler loads this crate anew for every crate.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// The declaration, in a module of its own, and an expression for the pointer.
pub fn expand(input: TokenStream) -> Result<TokenStream, TokenStream> {
    let (element, length) = split(input)?;
    let symbol = symbol();
    let text = format!(
        r#"{{
            #[cfg(target_arch = "nvptx64")]
            mod declaration {{
                #[allow(unused_imports)]
                use super::*;
                pub type Element = {element};
                ::core::arch::global_asm!(
                    ".shared .align 16 .b8 {symbol}[{{size}}];",
                    size = const ::core::mem::size_of::<[Element; {length}]>()
                );
            }}
            #[cfg(target_arch = "nvptx64")]
            {{
                let pointer: *mut declaration::Element;
                // SAFETY: it computes the address of a declared symbol and touches nothing.
                unsafe {{
                    ::core::arch::asm!(
                        "cvta.shared.u64 {{pointer}}, {symbol};",
                        pointer = out(reg64) pointer,
                        options(pure, nomem, nostack, preserves_flags)
                    );
                }}
                pointer
            }}
            #[cfg(not(target_arch = "nvptx64"))]
            {{
                // A function, so that the code after the macro does not count as unreachable.
                fn on_host() -> *mut {element} {{
                    ::core::unimplemented!("`shared_array!` works on a GPU only")
                }}
                on_host()
            }}
        }}"#
    );
    Ok(source(&text))
}

/// The element type and the length, either side of the last semicolon.
fn split(input: TokenStream) -> Result<(TokenStream, TokenStream), TokenStream> {
    let mut tokens: Vec<TokenTree> = input.into_iter().collect();
    let semicolon = tokens.iter().rposition(|token| is_punct(token, ';'));
    let semicolon = semicolon
        .ok_or_else(|| error(Span::call_site(), "expected `shared_array![Type; LENGTH]`"))?;
    let length = tokens.drain(semicolon..).skip(1).collect();
    Ok((tokens.into_iter().collect(), length))
}

/// A name that no other array in the PTX has: the crate's name and a number.
fn symbol() -> String {
    let krate = std::env::var("CARGO_CRATE_NAME").unwrap_or_else(|_| "kernels".to_owned());
    format!("shared_array_{krate}_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
