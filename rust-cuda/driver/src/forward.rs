//! The macro that makes a forwarder of a declaration.

/// Defines each declared function as a symbol of that name, which calls the driver's function
/// of the same name and passes its result through [`known_to_cust`](crate::result::known_to_cust).
macro_rules! forward {
    ($(fn $name:ident($($argument:ident: $type:ty),* $(,)?);)*) => {$(
        #[doc = concat!("The driver's `", stringify!($name), "`.")]
        ///
        /// # Safety
        ///
        /// That of the driver's function.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $type),*) -> CUresult {
            const NAME: &str = concat!(stringify!($name), "\0");
            static SYMBOL: Symbol = Symbol::new(match CStr::from_bytes_with_nul(NAME.as_bytes()) {
                Ok(name) => name,
                Err(_) => unreachable!(),
            });
            let address = match SYMBOL.address() {
                Ok(address) => address,
                Err(code) => return code,
            };
            type Function = unsafe extern "C" fn($($type),*) -> CUresult;
            // SAFETY: the address is that of the driver's function of this name, whose C
            // declaration has these arguments and this result.
            let function: Function = unsafe { std::mem::transmute(address.as_ptr()) };
            // SAFETY: the caller keeps the conditions of the driver's function.
            known_to_cust(unsafe { function($($argument),*) })
        }
    )*};
}

pub(crate) use forward;
