// The API's origin does not see which host name a browser called. It is passed on in a
// header, whatever a client sent there.
function handler(event) {
  var request = event.request;
  request.headers['x-viewer-host'] = { value: request.headers.host.value };
  return request;
}
