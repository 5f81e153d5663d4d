//! One request with reqwest, to the URL that is given; prints the status that the client got.

fn main() {
    let url = std::env::args().nth(1).expect("a URL") + "/v1/messages";
    let request = reqwest::blocking::Client::new().post(&url).body("{}");
    match request.send() {
        Ok(response) => println!("status={}", response.status().as_u16()),
        Err(error) => {
            println!("{error:?}");
            std::process::exit(1);
        }
    }
}
