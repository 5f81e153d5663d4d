<?php
// One request with the client that is named, to the URL that is given; prints the status that the client got.
[, $name, $origin] = $argv;
$url = "$origin/v1/messages";
if ($name === "curl") {
    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_POSTFIELDS => "{}", CURLOPT_RETURNTRANSFER => true]);
    curl_exec($curl);
    echo curl_error($curl), "status=", curl_getinfo($curl, CURLINFO_RESPONSE_CODE), "\n";
} else {
    @file_get_contents($url, false, stream_context_create(["http" => ["method" => "POST", "content" => "{}"]]));
    echo "status=", preg_match("/ (\d+)/", $http_response_header[0] ?? "", $found) ? $found[1] : "none", "\n";
}
