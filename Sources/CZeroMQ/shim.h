#include <zmq.h>
// What a wait on ZeroMQ sockets is interrupted with; Swift's Glibc module does not have it.
#include <sys/eventfd.h>
// In the manual (zmq_setsockopt) and in the library, but declared for those alone who ask for all of its drafts.
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif
