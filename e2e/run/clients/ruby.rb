# One request with Net::HTTP, to the URL that is given; prints the status that the client got.
require "net/http"

puts "status=#{Net::HTTP.post(URI("#{ARGV[0]}/v1/messages"), "{}").code}"
