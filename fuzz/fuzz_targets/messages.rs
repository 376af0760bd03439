#![no_main]

synod_fuzz::target!("messages");
