// Asks for each path with reqwest, and says in a line of JSON what came of it: `client BASE PATH…`.
use std::error::Error;

fn words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text.replace(['"', '\\', '\n'], " ")
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut builder = reqwest::blocking::Client::builder().use_rustls_tls();
    if args[0].starts_with("http://") {
        builder = builder.http2_prior_knowledge().no_proxy();
    } else {
        let pem = std::fs::read(std::env::var("H2_CA").unwrap()).unwrap();
        builder = builder.add_root_certificate(reqwest::Certificate::from_pem(&pem).unwrap());
    }
    let client = builder.build().unwrap();
    for path in &args[1..] {
        let (mut version, mut status, mut bytes, mut error) = (String::new(), 0, 0, String::new());
        match client.get(format!("{}{}", args[0], path)).send() {
            Ok(response) => {
                version = format!("{:?}", response.version());
                status = response.status().as_u16();
                match response.bytes() {
                    Ok(body) => bytes = body.len(),
                    Err(failure) => error = words(&failure),
                }
            }
            Err(failure) => error = words(&failure),
        }
        println!(
            "{{\"path\":\"{path}\",\"version\":\"{version}\",\"status\":{status},\"bytes\":{bytes},\"error\":\"{error}\"}}"
        );
    }
}
