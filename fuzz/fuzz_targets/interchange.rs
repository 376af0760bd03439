#![no_main]

synod_fuzz::target!("interchange");
