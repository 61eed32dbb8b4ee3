// Routes of the single page application, such as /kittens/42, are no objects of the
// bucket: they are answered with index.html. A path with a dot in its last segment is a file.
function handler(event) {
  var request = event.request;
  var last = request.uri.substring(request.uri.lastIndexOf('/') + 1);
  if (last.indexOf('.') === -1) {
    request.uri = '/index.html';
  }
  return request;
}
