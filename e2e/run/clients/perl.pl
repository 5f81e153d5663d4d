# One request with the client that is named, to the URL that is given; prints the status that the client got.
use strict;
use warnings;
my ($name, $origin) = @ARGV;
my $url = "$origin/v1/messages";
if ($name eq "LWP") {
    require LWP::UserAgent;
    my $response = LWP::UserAgent->new->post($url, Content => "{}");
    print "status=", $response->code, "\n", $response->code == 429 ? "" : $response->message, "\n";
} else {
    require HTTP::Tiny;
    my $response = HTTP::Tiny->new(verify_SSL => 1)->post($url, { content => "{}" });
    print "status=$response->{status}\n", $response->{status} == 429 ? "" : $response->{content}, "\n";
}
