compile_error!("this is what the compiler says");
