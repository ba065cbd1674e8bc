"""Common words of languages that people may write to us in, most of them without meaning: what tells one language from
its neighbours."""

COMMON_WORDS = {
    "es": "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin"
    " sobre este ya entre cuando todo esta ser son dos también fue era muy hasta desde está mi porque qué sólo"
    " solo han yo hay vez puede todos así nos ni tiene uno donde bien tiempo mismo ese ahora cada e otro"
    " después te otros aunque esa eso hace otra tan durante siempre día tanto tres sí según menos hola gracias"
    " buenos buenas días tardes noches saludos estimado estimada estimados favor ayuda quiero necesito puedo"
    " tengo hacer cómo cuál dónde ayer hoy mañana usted ustedes mensaje correo cuenta contraseña problema"
    " funciona error quisiera podrían pueden adjunto aquí estoy he sigue aún todavía nada cordial atentamente"
    " muchas",
    "en": "the of and to in a is that for it was on are as with his they at be this from have or by had not but what"
    " some we can out other were all your when up use how said an each which she do their if will way about"
    " many then them would so these has more could my than been who its now did get may you i me there our any"
    " after also just because very where should here only into hello hi dear thanks thank please regards help"
    " need want cannot can't don't i'm i've it's doesn't didn't account password issue problem working works"
    " since yesterday today tomorrow attached email message still anything best kind sincerely cheers",
    "ca": "de la que el en i a els es del les un per amb no una seu és al ho com més o però seus li ha em si sense"
    " sobre aquest aquesta ja entre quan tot ser són dos també molt fins des meu perquè què només jo hi pot"
    " tots així ens ni té ell on bé mateix ara cada altre després et encara això fa tan sempre dia tant tres"
    " bon bona dies tarda hola gràcies benvolgut benvolguda ajuda vull necessito puc tinc fer quin avui ahir"
    " demà vostè missatge correu compte contrasenya problema funciona error voldria poden adjunt aquí estic he"
    " segueix res moltes cordialment us dels als pels",
    "gl": "de a que o e en do da os as se un por con non unha seu para é ao no na como máis ou pero seus lle me si"
    " sen sobre este xa entre cando todo esta ser son dous tamén foi moi ata dende desde está meu porque só eu"
    " hai pode todos así nos nin ten el onde ben mesmo agora cada outro despois te aínda iso fai tan sempre día"
    " tanto ela tres bos boas días tardes ola grazas saúdos estimado axuda quero necesito podo teño facer cal"
    " hoxe onte mañá vostede mensaxe correo conta contrasinal problema funciona erro gustaríame poden adxunto"
    " aquí estou sigo nada moitas dos das nunha nun á ás",
    "pt": "de a que o e em do da os as se um por com não uma seu para é ao no na como mais ou mas seus lhe me sem"
    " sobre este já entre quando tudo esta ser são dois também foi muito até desde está meu porque quê só eu há"
    " pode todos assim nos nem tem onde bem mesmo agora cada outro depois te ainda isso faz tão sempre dia"
    " tanto ela três bom boa dias tarde olá oi obrigado obrigada cumprimentos atenciosamente prezado prezada"
    " ajuda quero preciso posso tenho fazer qual hoje ontem amanhã você vocês mensagem email conta senha"
    " problema funciona erro gostaria podem anexo aqui estou continua nada dos das numa num à às",
    "fr": "de la que le en et à les se du des un par avec non une son pour est au il comme plus ou mais ses a me si"
    " sans sur ce cette déjà entre quand tout être sont deux aussi fut très jusqu depuis mon parce seulement je"
    " y peut tous ainsi nous ni où bien même maintenant chaque autre après te encore cela fait toujours jour"
    " tant trois bonjour bonsoir salut merci cordialement cher chère aide veux besoin peux j'ai faire comment"
    " quel hier aujourd'hui demain vous message courriel compte passe mot problème fonctionne erreur voudrais"
    " pouvez joint ici suis rien beaucoup ne pas dans qui aux l'ai c'est n'est qu'il d'un",
    "it": "di la che il in e a gli si del le un per con non una suo è al lo come più o ma suoi ha mi se senza su"
    " questo già tra quando tutto questa essere sono due anche fu molto fino da mio perché cosa solo io c'è può"
    " tutti così ci né dove bene stesso ora ogni altro dopo ti ancora ciò fa tanto sempre giorno tre buongiorno"
    " buonasera ciao grazie saluti gentile egregio aiuto voglio bisogno posso ho fare quale ieri oggi domani"
    " voi messaggio posta conto password problema funziona errore vorrei potete allegato qui nulla molte della"
    " dei delle nel nella alla",
}
