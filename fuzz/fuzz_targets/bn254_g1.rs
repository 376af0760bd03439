#![no_main]

synod_fuzz::target!("bn254_g1");
