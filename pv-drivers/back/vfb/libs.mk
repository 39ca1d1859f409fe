BACK_LIBS += -lvncserver -lpthread
